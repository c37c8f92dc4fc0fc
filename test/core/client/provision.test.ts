import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  defineConfig,
  npmServer,
  plainProcess as plain,
  provision,
  redis,
  ref,
  staticServer,
  type AnyService,
  type ProvisionOptions,
} from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

let base: string
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'moorage-inline-'))))
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** The supervisor in this process, its files in a folder of the test's own. */
function inline(told: string[] = []): ProvisionOptions {
  const { MOORAGE: _, ...env } = process.env
  return {
    env: { ...env, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: base, MOORAGE_SUPERVISOR: 'inline' },
    onProgress: (progress) => void told.push(progress.kind === 'ready' ? `ready ${progress.service}` : progress.kind),
  }
}

function site(): string {
  const root = mkdtempSync(join(base, 'site-'))
  writeFileSync(join(root, 'index.html'), '<p>here</p>')
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ scripts: { start: 'node server.mjs', crash: 'node -e "process.exit(4)"' } }),
  )
  writeFileSync(
    join(root, 'server.mjs'),
    `import { createServer } from 'node:http'
console.log('talks to ' + process.env.SITE)
createServer((_, response) => response.end(process.env.SITE)).listen(process.env.PORT, '127.0.0.1')`,
  )
  return root
}

const leftovers = (): readonly string[] => readdirSync(join(base, 'run'))

test('provision, use and dispose, all in this process', async () => {
  const root = site()
  const web = staticServer({ root: '.' })
  const config = defineConfig({
    root,
    provider: plain(),
    services: { api: npmServer({ env: { SITE: ref`${web.url}/index.html` } }), web },
  })
  const told: string[] = []
  const env = await provision(config, inline(told))
  const { api, web: page } = env.endpoints
  expect(await (await fetch(api.url)).text()).toBe(`${page.url}/index.html`)
  expect(await (await fetch(page.url)).text()).toBe('<p>here</p>')
  expect(env.env).toMatchObject({ API_URL: api.url, WEB_URL: page.url })
  expect(JSON.parse(env.env['MOORAGE'] ?? '')).toMatchObject({ run: env.run, services: env.endpoints })
  expect(await env.logs('api')).toEqual([{ stream: 'stdout', text: `talks to ${page.url}/index.html` }])
  expect(await env.exec('api', ['sh', '-c', 'echo $SITE; exit 3'])).toEqual({
    code: 3,
    stdout: `${page.url}/index.html\n`,
    stderr: '',
  })
  expect(told.filter((text) => text.startsWith('ready'))).toEqual(['ready web', 'ready api'])
  expect(leftovers()).toHaveLength(1)
  await Promise.all([env.dispose(), env.dispose()])
  await expect(fetch(page.url)).rejects.toThrow('fetch failed')
  await expect.poll(leftovers).toEqual([])
})

test('two holders in one process are one run, until the last has left', async () => {
  const config = defineConfig({ root: site(), provider: plain(), services: { web: staticServer({ root: '.' }) } })
  const options = inline()
  const [one, two] = await Promise.all([provision(config, options), provision(config, options)])
  expect(two.run).toBe(one.run)
  await one.dispose()
  expect((await fetch(two.endpoints.web.url)).status).toBe(200)
  await two.dispose()
  await expect(fetch(two.endpoints.web.url)).rejects.toThrow('fetch failed')
})

test('a failure takes everything back, and the next start is a fresh one', async () => {
  const root = site()
  const services = { web: staticServer({ root: '.' }), api: npmServer({ script: 'crash', needs: { web: 'ready' } }) }
  const config = defineConfig({ root, provider: plain(), services })
  const told: string[] = []
  expect(await thrownMessage(() => provision(config, inline(told)))).toMatch(
    /^SERVICE_EXITED\nservices\.api ended with exit code 4 before it was ready\./,
  )
  expect(told).toContain('ready web')
  await expect.poll(leftovers).toEqual([])
  await using env = await provision(
    defineConfig({ root, provider: plain(), services: { web: staticServer({ root: '.' }) } }),
    inline(),
  )
  expect((await fetch(env.endpoints.web.url)).status).toBe(200)
})

test('an abort before and during the start', async () => {
  const config = defineConfig({ root: site(), provider: plain(), services: { web: staticServer({ root: '.' }) } })
  await expect(
    provision(config, { ...inline(), signal: AbortSignal.abort(new RangeError('not now')) }),
  ).rejects.toThrow('not now')
  const abort = new AbortController()
  const starting = provision(config, {
    ...inline(),
    onProgress: () => abort.abort(new RangeError('enough')),
    signal: abort.signal,
  })
  await expect(starting).rejects.toThrow('enough')
  await expect.poll(() => (existsSync(join(base, 'run')) ? leftovers() : [])).toEqual([])
})

test('seed functions: called with the connection when all are ready, in a run that no other caller shares', async () => {
  const config = defineConfig({ root: site(), provider: plain(), services: { web: staticServer({ root: '.' }) } })
  const heard: string[] = []
  const web = async ({ url }: { readonly url: string }): Promise<void> =>
    void heard.push(await (await fetch(url)).text())
  await using one = await provision(config, { ...inline(), seeds: { web } })
  await using two = await provision(config, { ...inline(), seeds: { web } })
  expect(heard).toEqual(['<p>here</p>', '<p>here</p>'])
  expect(two.run).not.toBe(one.run)
})

test.each<[string, () => Promise<unknown>, string]>([
  [
    'that fails',
    () => seeded({ seeds: { web: () => Promise.reject(new RangeError('no room')) } }),
    'SEED_FAILED\nservices.web: its seed function failed: no room.\nCorrect the seed function: it is called with the connection that tests get.\nMore: moorage explain SEED_FAILED',
  ],
  [
    'for an unknown service',
    () => seeded({ seeds: { wbe: () => {} } as object }),
    'CONFIG_INVALID\nprovision(config, { seeds: { wbe } }): the config has no service of that name.\nIts services are: web.',
  ],
  [
    'that is a path',
    () => seeded({ seeds: { web: './seed.ts' } as object }),
    "CONFIG_INVALID\nprovision(config, { seeds: { web } }) is not a function.\nTo use a module, name it in the config: seed: './seed.ts'.",
  ],
  [
    "for the user's own service",
    () => seeded({ seeds: { web: () => {} }, env: { ...inline().env, WEB_URL: 'http://127.0.0.1:9' } }),
    'CONFIG_INVALID\nprovision(config, { seeds: { web } }): WEB_URL is set, and moorage never seeds your own database.\nUnset WEB_URL, or omit the seed.',
  ],
  [
    'that comes after its database was set aside',
    () => seeded({ seeds: { cache: () => {} } }, { cache: redis({ isolate: 'file' }) }),
    "CONFIG_INVALID\nprovision(config, { seeds: { cache } }): services.cache is isolated, so its template is created before seed functions are called.\nName a module in the config: seed: './seed.ts'.",
  ],
])('a seed function %s: one message, and nothing left', async (_what, work, text) => {
  expect(await thrownMessage(work)).toBe(text)
  await expect.poll(() => (existsSync(join(base, 'run')) ? leftovers() : [])).toEqual([])
})

function seeded(
  options: object,
  services: { readonly [name: string]: AnyService } = { web: staticServer({ root: '.' }) },
): Promise<unknown> {
  return provision(defineConfig({ root: site(), provider: plain(), services }), { ...inline(), ...options })
}

test('a version that a plain process does not honour is reported', async () => {
  const told: string[] = []
  const onProgress: ProvisionOptions['onProgress'] = (progress) =>
    void (progress.kind === 'notice' && told.push(progress.text))
  const [major] = process.versions.node.split('.')
  const api = npmServer({ placement: 'provider', version: '12' })
  const right = npmServer({ placement: 'provider', version: `${major}-slim` })
  await using env = await provision(
    defineConfig({
      root: site(),
      provider: plain(),
      services: { api, right, web: staticServer({ root: '.', version: '1.27' }) },
    }),
    { ...inline(), onProgress },
  )
  expect(Object.keys(env.endpoints)).toHaveLength(3)
  expect(told.toSorted()).toEqual([
    `services.api.version: '12' was requested, but a plain process runs the installed version, ${process.versions.node}.`,
    "services.web.version: '1.27' was requested, but a plain process runs moorage's own server.",
  ])
})

test('a server has the same environment, whichever runner starts it', async () => {
  const root = site()
  writeFileSync(
    join(root, 'server.mjs'),
    `import { createServer } from 'node:http'
createServer((_, response) => response.end(JSON.stringify(process.env))).listen(process.env.PORT, '127.0.0.1')`,
  )
  const config = defineConfig({ root, provider: plain(), services: { api: npmServer() } })
  const started = async (name: string, variables: NodeJS.ProcessEnv): Promise<object> => {
    const folder = { CI: '', MOORAGE_PROVIDER: '', MOORAGE: '', MOORAGE_CACHE_DIR: join(base, name) }
    await using run = await provision(config, { ...inline(), env: { ...variables, ...folder } })
    const seen = (await (await fetch(run.endpoints.api.url)).json()) as NodeJS.ProcessEnv
    // Those of the service itself, and the one that names the folder of this run.
    const { PORT: _port, MOORAGE_UNIT: _unit, MOORAGE_CACHE_DIR: _cache, ...rest } = seen
    return rest
  }
  // The test runs in a worker of Vitest.
  const names = /^(VITEST.*|NODE_ENV|TEST|FORCE_TTY|DEV|PROD|SSR|MODE|BASE_URL)$/
  const fromShell = await started(
    'shell',
    Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.test(name))),
  )
  expect(fromShell).toHaveProperty('npm_lifecycle_event', 'start')
  expect(await started('vitest', process.env)).toEqual(fromShell)
})
