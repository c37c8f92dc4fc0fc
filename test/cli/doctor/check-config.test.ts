import { join, resolve } from 'node:path'
import { findConfig } from '@moorage/core/runner'
import { expect, test } from 'vitest'
import type { ConfigState, Finding } from '../../../packages/cli/src/doctor/check.ts'
import { checkConfig } from '../../../packages/cli/src/doctor/check-config.ts'
import { temporaryProject } from './temporary-project.ts'

const IMPORT = `import { container, defineConfig, redis, ref } from '${resolve('packages/moorage/src/index.ts')}'\n`
const CONFIG = `${IMPORT}const config = defineConfig({ services: { cache: redis() } })\nexport default config\n`

async function check(
  files: { readonly [path: string]: string },
  env: { readonly [name: string]: string } = {},
  timeoutMs = 30_000,
): Promise<{ readonly lines: readonly string[]; readonly state: ConfigState }> {
  using project = temporaryProject(files)
  const { state, findings } = await checkConfig(() => findConfig(project.folder), { env, timeoutMs })
  const line = ({ name, status, text, fix }: Finding): string =>
    `${status} ${name}: ${text}${fix === undefined ? '' : `\n${fix}`}`.replaceAll(project.folder, 'FOLDER')
  return { lines: findings.map(line), state }
}

const NO_TYPES =
  "warning types: services() has no types of this config\nAdd to it: declare module 'moorage' { interface Register { config: typeof config } }"

test('a config without types, and one with types', async () => {
  const loose = await check({ 'moorage.config.ts': CONFIG })
  expect(loose.lines).toEqual(['ok load: FOLDER/moorage.config.ts: cache', NO_TYPES])
  expect(Object.keys(loose.state.plan?.services ?? {})).toEqual(['cache'])
  const declaration = "declare module 'moorage' { interface Register { config: typeof config } }\n"
  const typed = await check({ 'moorage.config.ts': `${CONFIG}${declaration}` })
  expect(typed.lines[1]).toBe('ok types: services() has the types of this config')
})

test('a JavaScript config has no types', async () => {
  expect((await check({ 'moorage.config.mjs': CONFIG })).lines).toEqual(['ok load: FOLDER/moorage.config.mjs: cache'])
})

test('a service that the user runs', async () => {
  const { lines } = await check({ 'moorage.config.mjs': CONFIG }, { CACHE_URL: 'redis://:hidden@10.0.0.1' })
  expect(lines[1]).toBe('ok given-urls: services.cache: CACHE_URL is set: used as it is, not started')
})

test('no config: the machine can be checked all the same', async () => {
  const { lines, state } = await check({})
  expect(state).toEqual({})
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^warning load: FOLDER contains no moorage\.config\.ts\n/)
})

test.for<readonly [what: string, files: { readonly [path: string]: string }, line: string]>([
  [
    'two configs',
    { 'moorage.config.ts': '', 'moorage.config.mjs': '' },
    'problem load: FOLDER contains two config files: moorage.config.ts and moorage.config.mjs\nRemove one of them.',
  ],
  [
    'a config that throws',
    { 'moorage.config.mjs': "throw new RangeError('broken')" },
    'problem load: FOLDER/moorage.config.mjs could not be loaded: broken\nCorrect the file. The stack trace is in the cause of this error.',
  ],
  [
    'a config without a default export',
    { 'moorage.config.mjs': 'export const config = 1' },
    'problem load: FOLDER/moorage.config.mjs has no config as its default export\nWrite: export default defineConfig({ services: { … } })',
  ],
])('a broken config: %s', async ([_what, files, line]) => {
  const { lines, state } = await check(files)
  expect(lines).toEqual([line])
  expect(state.plan).toBeUndefined()
})

test('a config that loads, and cannot be planned', async () => {
  const source = `${IMPORT}export default defineConfig({ services: { app: container({ image: 'a', ports: { http: 80 }, files: { '/x': './absent' } }) } })`
  const { lines, state } = await check({ 'moorage.config.mjs': source })
  expect(lines[0]).toBe('ok load: FOLDER/moorage.config.mjs: app')
  expect(lines[1]).toMatch(/^problem plan: services\.app\.files.*absent/)
  expect(state.path?.endsWith(join('/', 'moorage.config.mjs'))).toBe(true)
  expect(state.plan).toBeUndefined()
})

test('a config that never settles', async () => {
  const listeners = process.listeners('exit')
  const { lines } = await check({ 'moorage.config.mjs': 'await new Promise(() => {})' }, {}, 100)
  expect(lines).toEqual([
    'problem load: FOLDER/moorage.config.mjs has not loaded after 0.1 s: it awaits a promise that does not settle\nRemove that await from the config.',
  ])
  // The loader would report at the end of this process that the config is still loading.
  for (const added of process.listeners('exit')) if (!listeners.includes(added)) process.off('exit', added)
})
