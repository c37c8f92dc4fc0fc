import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openProject, scripts } from '../cli/project.ts'
import { openStage } from '../harness/fixture.ts'
import { startWatch, WATCH_CONFIG } from '../harness/watch.ts'

const SERVER = `import { createServer } from 'node:http'
createServer((request, response) => request.url === '/die' ? process.exit(7) : response.end(String(process.pid))).listen(process.env.PORT, '127.0.0.1')`

const CONFIG = `import { defineConfig, npmServer } from 'moorage'
const web = npmServer()
const api = npmServer({ env: { WEB: web.url } })
export default defineConfig({ services: { web, api, other: npmServer({ env: { EDITION: 'first' } }) } })
`

// What each run of the tests sees, one line for each.
const TEST = `import { appendFileSync } from 'node:fs'
import { services } from 'moorage/test'
import { inject, test } from 'vitest'
test('sees', async () => {
  const pids = {}
  const given = inject('moorage')
  for (const [name, { url }] of Object.entries(given)) pids[name] = await (await fetch(url)).text()
  const { run } = JSON.parse(process.env.MOORAGE)
  appendFileSync('seen', JSON.stringify({ run, pids, urls: Object.fromEntries(Object.entries(given).map(([name, { url }]) => [name, url])), same: JSON.stringify(services()) === JSON.stringify(given) }) + '\\n')
})
`

interface Seen {
  readonly run: string
  readonly pids: { readonly [service: string]: string }
  readonly urls: { readonly [service: string]: string }
  readonly same: boolean
}

const versions = process.env['MOORAGE_MATRIX'] ? [3, 4, 5] : [5]

test.each(versions)(
  '9: Vitest %i in watch mode: reruns and edits keep services warm, dead and changed services restart',
  async (version) => {
    using project = openProject({
      'package.json': scripts({ start: 'node server.mjs' }),
      'server.mjs': SERVER,
      'moorage.config.ts': CONFIG,
      'sees.test.ts': TEST,
      ...WATCH_CONFIG,
    })
    await using stage = await openStage(project.folder, 'process')
    const watch = await startWatch(project, { stage, version })
    const { child, edit } = watch
    const next = async (what: string): Promise<Seen> => JSON.parse(await watch.next(what)) as Seen
    const first = await next('the first run')
    expect(Object.keys(first.pids)).toEqual(['web', 'api', 'other'])

    watch.touch()
    expect(await next('a rerun')).toEqual(first)

    await fetch(`${first.urls['web']}/die`).catch(() => {})
    watch.touch()
    const healed = await next('a rerun after a death')
    expect(child.output()).toContain('services.web ended with exit code 7. It is being restarted.')
    expect(healed.run).toBe(first.run)
    expect(healed.pids['other']).toBe(first.pids['other'])
    // Whatever needs it as well: it has its address.
    for (const name of ['web', 'api']) expect(healed.pids[name], name).not.toBe(first.pids[name])
    // In Vitest 3 variables reach a worker once.
    if (version > 3) expect(healed.same).toBe(true)

    edit('moorage.config.ts', (text) => text.replace('first', 'second'))
    const edited = await next('an edited moorage.config.ts')
    expect(edited.run).toBe(first.run)
    expect(edited.pids).toEqual({ ...healed.pids, other: expect.any(String) })
    expect(edited.pids['other']).not.toBe(first.pids['other'])

    edit('moorage.config.ts', (text) => text.replace('npmServer()', 'npmServer('))
    expect((await next('a config with a mistake')).pids).toEqual(edited.pids)
    expect(child.output()).toMatch(/moorage: \S*moorage\.config\.ts.* could not be loaded/)

    edit('moorage.config.ts', () => CONFIG.replace('first', 'second'))
    expect((await next('the mistake mended')).pids).toEqual(edited.pids)

    edit('vitest.config.ts', (text) => `${text}// edited\n`)
    const again = await next('an edited vitest.config.ts')
    expect({ run: again.run, pids: again.pids }).toEqual({ run: edited.run, pids: edited.pids })

    child.type('q')
    expect((await child.ended).code).toBe(0)
    await stage.clean(5_000)
  },
)

const SEEDED = `import { defineConfig, npmServer, postgres } from 'moorage'
export default defineConfig({ services: { db: postgres({ seed: './seeds/schema.sql' }), other: npmServer() } })
`

// Writes what it sees, or why it sees nothing.
const SEEDED_TEST = `import { appendFileSync } from 'node:fs'
import { services } from 'moorage/test'
import { inject, test } from 'vitest'
const see = async () => {
  services()
  const { db, other } = inject('moorage')
  return { run: JSON.parse(process.env.MOORAGE).run, db: db.url, other: await (await fetch(other.url)).text() }
}
test('sees', async () => appendFileSync('seen', JSON.stringify(await see().catch(({ message }) => message)) + '\\n'))
`

test.each(versions)(
  'Vitest %i in watch mode: a saved seed runs the tests again and restarts its service alone; a failed seed is named as the cause',
  async (version) => {
    using project = openProject({
      'package.json': scripts({ start: 'node server.mjs' }),
      'server.mjs': SERVER,
      'moorage.config.ts': SEEDED,
      'seeds/schema.sql': 'CREATE TABLE notes (id int);\n',
      'sees.test.ts': SEEDED_TEST,
      ...WATCH_CONFIG,
    })
    await using stage = await openStage(project.folder, 'process')
    const { child, edit, next } = await startWatch(project, { stage, version })
    const see = async (what: string): Promise<unknown> => JSON.parse(await next(what))
    const first = (await see('the first run')) as { readonly run: string; readonly db: string; readonly other: string }

    edit('seeds/schema.sql', (text) => `${text}CREATE TABLE users (id int);\n`)
    const edited = (await see('an edited seed')) as { readonly db: string }
    expect(edited).toEqual({ ...first, db: expect.any(String) })
    expect(edited.db).not.toBe(first.db)

    edit('seeds/schema.sql', (text) => text.replace('TABLE users', 'TABEL users'))
    const failed = await see('a seed with a mistake')
    expect(child.output()).toMatch(/moorage: [^]*schema\.sql:2[^]*syntax error at or near "TABEL"/)
    // In Vitest 3 variables reach a worker once.
    if (version > 3)
      expect(failed).toBe(
        'services(): the services did not start for this rerun. moorage has printed the error above.\nCorrect its cause and save: the tests run again.',
      )

    edit('seeds/schema.sql', (text) => text.replace('TABEL users', 'TABLE users'))
    // The service beside it has kept its process, and with it its data.
    expect(await see('the mistake mended')).toEqual({ ...first, db: expect.stringContaining('postgresql://') })
    expect(child.output()).toContain('moorage: The update failed. Still running, with their data: services.other.')

    // As editors save that write a new file and move it over the old one.
    writeFileSync(join(project.folder, 'config.new'), `${SEEDED}// edited\n`)
    renameSync(join(project.folder, 'config.new'), join(project.folder, 'moorage.config.ts'))
    expect(await see('a config saved by renaming')).toMatchObject({ run: first.run, other: first.other })
    edit('seeds/schema.sql', (text) => `${text}-- edited\n`)
    expect(await see('a seed after that')).toMatchObject({ run: first.run, other: first.other })

    child.type('q')
    expect((await child.ended).code).toBe(0)
    expect(child.output()).not.toContain('TypeError')
    await stage.clean(5_000)
  },
)
