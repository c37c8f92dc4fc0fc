import { delimiter } from 'node:path'
import { expect, test } from 'vitest'
import { withAbsolutePaths } from '../../../packages/core/src/client/absolute-variables.ts'

test("relative paths are relative to the user's folder, every other variable stays", () => {
  const env = {
    KUBECONFIG: ['kube/config', '', '/etc/kube', '../other'].join(delimiter),
    DOCKER_CONFIG: '.docker',
    DOCKER_CERT_PATH: '/certs',
    TMPDIR: '',
    PATH: 'bin:.',
  }
  expect(withAbsolutePaths(env, '/home/me/app')).toEqual({
    ...env,
    KUBECONFIG: ['/home/me/app/kube/config', '/etc/kube', '/home/me/other'].join(delimiter),
    DOCKER_CONFIG: '/home/me/app/.docker',
  })
})
