import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { openPlaywright, versions as playwrights } from '../harness/playwright.ts'
import { openVitest, versions as vitests } from '../harness/vitest.ts'

const CONFIG = `import { container, defineConfig, postgres } from 'moorage'
const config = defineConfig({ services: { db: postgres(), app: container({ image: 'app:1', ports: { http: 80 } }) } })
declare module 'moorage' { interface Register { config: typeof config } }
export default config
`

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2024',
    lib: ['es2024', 'dom', 'esnext.disposable'],
    module: 'nodenext',
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node'],
    typeRoots: [resolve('node_modules/@types')],
  },
  include: ['moorage.config.ts', 'typed.ts'],
})

function compile(folder: string): string {
  return spawnSync(
    process.execPath,
    [resolve('node_modules/typescript/bin/tsc'), '-p', join(folder, 'tsconfig.json')],
    { encoding: 'utf8' },
  ).stdout
}

test.each(vitests)(
  "11: inject('moorage') and services() are exact in Vitest %s, after one declare module",
  (version) => {
    const typed = `import { logs, services } from 'moorage/test'
import { moorage } from 'moorage/vitest'
import { inject } from 'vitest'
import { defineConfig } from 'vitest/config'
export default defineConfig({ plugins: [moorage()] })
void logs('db', 10)
// @ts-expect-error a service that is not in the config
void logs('cache')
const url: string = inject('moorage').db.url
const port: number = services().app.ports.http.port
// @ts-expect-error a service that is not in the config
inject('moorage').cache
// @ts-expect-error a field that it does not have
services().db.nope
void [url, port]
`
    using project = openVitest(version, { 'moorage.config.ts': CONFIG, 'tsconfig.json': TSCONFIG, 'typed.ts': typed })
    expect(compile(project.folder)).toBe('')
  },
)

test('11: services() is exact in CommonJS too, by require() and by import', () => {
  const typed = `import { isolated, services } from 'moorage/test'
import test = require('moorage/test')
const options: test.IsolatedOptions = { file: __filename }
const url: string = test.services().db.url
void [url, options, services().app.ports.http.port, isolated('db', options).then(({ password }) => password)]
// @ts-expect-error a service that is not in the config
void isolated('cache')
// @ts-expect-error a field that it does not have
services().db.nope
`
  using project = openVitest('5', {
    'moorage.config.ts': CONFIG,
    'tsconfig.json': TSCONFIG.replace('typed.ts', 'typed.cts'),
    'typed.cts': typed,
  })
  expect(compile(project.folder)).toBe('')
})

test.each(playwrights)('11: the fixture services is exact in Playwright %s', (version) => {
  const typed = `import { moorage, test, type ServiceOptions } from 'moorage/playwright'
import { defineConfig } from '@playwright/test'
test('typed', ({ services, baseURL }) => {
  const url: string = services.db.url
  const base: string | undefined = baseURL
  // @ts-expect-error a service that is not in the config
  services.cache
  void [url, base]
})
export default defineConfig<ServiceOptions>({ use: { baseService: 'db' }, webServer: [moorage.webServer(), { command: 'node app.mjs', url: 'http://127.0.0.1:1' }] })
`
  using project = openPlaywright(version, { 'moorage.config.ts': CONFIG, 'tsconfig.json': TSCONFIG, 'typed.ts': typed })
  expect(compile(project.folder)).toBe('')
})
