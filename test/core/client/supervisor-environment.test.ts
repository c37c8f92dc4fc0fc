import { homedir } from 'node:os'
import { delimiter } from 'node:path'
import { expect, test } from 'vitest'
import { supervisorEnvironment } from '../../../packages/core/src/client/supervisor-environment.ts'

test("relative paths are relative to the user's folder, every other variable stays", () => {
  const env = {
    HOME: '/home/me',
    KUBECONFIG: ['kube/config', '', '/etc/kube', '../other'].join(delimiter),
    DOCKER_CONFIG: '.docker',
    DOCKER_CERT_PATH: '/certs',
    TMPDIR: '',
    PATH: 'bin:.',
  }
  expect(supervisorEnvironment(env, '/home/me/app')).toEqual({
    ...env,
    PATH: ['/home/me/app/bin', '/home/me/app'].join(delimiter),
    KUBECONFIG: ['/home/me/app/kube/config', '/etc/kube', '/home/me/other'].join(delimiter),
    DOCKER_CONFIG: '/home/me/app/.docker',
  })
})

// As the main process of each runner has them, and a worker of Vitest, where `provision` may be called too.
test.each<[string, { readonly [name: string]: string }]>([
  ['Vitest', { NODE_ENV: 'test', TEST: 'true', VITEST: 'true', VITEST_MODE: 'RUN' }],
  [
    'a worker of Vitest',
    { NODE_ENV: 'test', TEST: 'true', VITEST: 'true', VITEST_POOL_ID: '1', DEV: '1', PROD: '', SSR: '1', MODE: 'test' },
  ],
  ['Playwright', { PLAYWRIGHT_TEST_BASE_URL: 'http://a', TEST_WORKER_INDEX: '0', TEST_PARALLEL_INDEX: '0' }],
  ['Jest', { NODE_ENV: 'test', JEST_WORKER_ID: '1' }],
  ['npm', { npm_lifecycle_event: 'test', npm_package_name: 'app', npm_config_user_agent: 'npm/11', INIT_CWD: '/app' }],
  ['GitHub', { RUNNER_TRACKING_ID: 'github_1' }],
])('services do not see who came first: %s', (_runner, variables) => {
  const own = { HOME: '/home/me', PATH: '/bin', DATABASE: 'x', npm_config_registry: 'https://npm.example.com' }
  expect(supervisorEnvironment({ ...own, ...variables }, '/app')).toEqual(own)
})

test("without Vitest, a variable with one of Vite's common names is the user's", () => {
  const env = { HOME: '/home/me', MODE: 'staging', BASE_URL: '/app/', TEST: '1' }
  expect(supervisorEnvironment(env, '/app')).toEqual(env)
})

test("of NODE_OPTIONS, only what loads Yarn's Plug'n'Play stays", () => {
  const pnp = '--require /app/.pnp.cjs --experimental-loader file:///app/.pnp.loader.mjs'
  const own = { HOME: '/home/me' }
  expect(supervisorEnvironment({ ...own, NODE_OPTIONS: `--inspect ${pnp} --max-old-space-size=99` }, '/app')).toEqual({
    ...own,
    NODE_OPTIONS: pnp,
  })
  expect(supervisorEnvironment({ ...own, NODE_OPTIONS: '--require "/my app/.pnp.cjs"' }, '/app')).toEqual({
    ...own,
    NODE_OPTIONS: '--require "/my app/.pnp.cjs"',
  })
  expect(supervisorEnvironment({ ...own, NODE_OPTIONS: '--require ./setup.cjs' }, '/app')).toEqual(own)
})

test('libraries find a home folder, even where the user has none', () => {
  expect(supervisorEnvironment({}, '/app')).toEqual({ HOME: homedir() })
})
