import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { container, defineConfig, kubernetes, provision } from '../../packages/moorage/src/index.ts'
import { pullCredentials } from '../../packages/provider-kubernetes/src/pod/pull-secret.ts'
import { kubeconfig, kubectl, missing, NAMESPACE } from '../../e2e/harness/engine.ts'

const reason = missing('kubernetes')
const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? ''
const auth = Buffer.from('ann:secret').toString('base64')
const config = JSON.stringify({ auths: { [registry]: { auth } } })

const IN_NAMESPACE = ['-n', NAMESPACE, '--field-selector', 'type=kubernetes.io/dockerconfigjson'] as const

function pullSecrets(): readonly string[] {
  const { stdout } = kubectl('get', 'secrets', ...IN_NAMESPACE, '-o', 'jsonpath={.items[*].data.\\.dockerconfigjson}')
  return stdout.split(' ').filter(Boolean)
}

describe.skipIf(reason)(`credentials of a private image${reason ? ` (${reason})` : ''}`, () => {
  let root: string
  const before = process.env['DOCKER_AUTH_CONFIG']

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'moorage-pull-secret-'))
    process.env['DOCKER_AUTH_CONFIG'] = config
  })
  afterAll(() => {
    if (before === undefined) delete process.env['DOCKER_AUTH_CONFIG']
    else process.env['DOCKER_AUTH_CONFIG'] = before
    rmSync(root, { recursive: true, force: true })
    kubectl('delete', 'secrets', ...IN_NAMESPACE)
  })

  test('this machine gives them to the pod in a Secret, which goes with the run', async () => {
    const options = { context: 'testbed', kubeconfig: kubeconfig('shared'), namespace: NAMESPACE }
    const image = `${registry}/library/busybox:1.37`
    const app = container({ image, ports: {}, command: ['sleep', '60'], stopGrace: 0 })
    const { MOORAGE: _, ...own } = process.env
    const env = await provision(defineConfig({ root, provider: kubernetes(options), services: { app } }), {
      env: {
        ...own,
        CI: '',
        MOORAGE_PROVIDER: '',
        MOORAGE_CACHE_DIR: join(root, 'cache'),
        MOORAGE_SUPERVISOR: 'inline',
      },
      onProgress: () => {},
    })
    try {
      const [content = '', ...others] = pullSecrets()
      expect(others).toEqual([])
      expect(JSON.parse(Buffer.from(content, 'base64').toString())).toEqual({
        auths: { [registry]: { username: 'ann', password: 'secret', auth } },
      })
      const names = kubectl('get', 'pods', '-n', NAMESPACE, '-o', 'jsonpath={.items[*].spec.imagePullSecrets[*].name}')
      expect(names.stdout).toBe(`${env.run}-app-pull`)
    } finally {
      await env.dispose()
    }
    expect(pullSecrets()).toEqual([])
  })
})

test('what the cluster does not take is left out: an identity token, and no credentials at all', async () => {
  const find = async (auths: object): Promise<unknown> =>
    await pullCredentials(
      { service: 'app', image: 'registry.example/app:1' },
      { env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) }, report: { notice: () => {} } },
    )
  expect(await find({})).toBeUndefined()
  expect(await find({ 'registry.example': { identitytoken: 'token' } })).toBeUndefined()
  expect(await find({ 'registry.example': { auth } })).toMatchObject({ type: 'kubernetes.io/dockerconfigjson' })
})

test('a helper that fails is a notice, because the cluster may have credentials of its own', async () => {
  const notices: string[] = []
  const found = await pullCredentials(
    { service: 'app', image: 'registry.example/app:1' },
    {
      env: { DOCKER_AUTH_CONFIG: JSON.stringify({ credsStore: 'nowhere' }), PATH: '/nowhere' },
      report: { notice: (text) => void notices.push(text) },
    },
  )
  expect(found).toBeUndefined()
  expect(notices).toEqual([
    'services.app.image: The credential helper docker-credential-nowhere (credsStore in DOCKER_AUTH_CONFIG) is not on the PATH. The cluster pulls the image with its own credentials.',
  ])
})
