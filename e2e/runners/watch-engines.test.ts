import { expect, test } from 'vitest'
import { config, openProject } from '../cli/project.ts'
import { missing } from '../harness/engine.ts'
import { openStage } from '../harness/fixture.ts'
import { killUnit, unitsOf } from '../harness/units.ts'
import { startWatch, WATCH_CONFIG } from '../harness/watch.ts'

const CONFIG = config(
  "web: staticServer({ root: 'site' }), cache: redis(), other: container({ image: 'busybox:1.37', ports: { main: 7000 }, env: { EDITION: 'first' }, command: ['nc', '-ll', '-p', '7000', '-e', 'cat'] })",
)

// What each run of the tests sees, one line for each.
const TEST = `import { appendFileSync } from 'node:fs'
import { services } from 'moorage/test'
import { test } from 'vitest'
test('sees', async () => {
  appendFileSync('seen', JSON.parse(process.env.MOORAGE).run + ' ' + (await (await fetch(services().web.url)).text()) + '\\n')
})
`

test.for(['docker', 'kubernetes'] as const)(
  '9: on %s, in watch mode: reruns and edits keep services warm, dead and changed services restart',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject({
      'site/index.html': 'hello',
      'moorage.config.ts': CONFIG,
      'sees.test.ts': TEST,
      ...WATCH_CONFIG,
    })
    await using stage = await openStage(project.folder, provider)
    const watch = await startWatch(project, { stage, version: 5 })
    const { child, edit } = watch
    const next = async (what: string): Promise<{ readonly run: string; readonly units: Record<string, string> }> => {
      const [run = '', page] = (await watch.next(what)).split(' ')
      expect(page).toBe('hello')
      return { run, units: { ...unitsOf(provider, run) } }
    }
    const first = await next('the first run')
    expect(Object.keys(first.units).toSorted()).toEqual(['cache', 'other', 'web'])

    watch.touch()
    expect(await next('a rerun')).toEqual(first)

    killUnit(provider, first.run, 'cache')
    watch.touch()
    const healed = await next('a rerun after a death')
    expect(healed).toEqual({ run: first.run, units: { ...first.units, cache: expect.any(String) } })
    expect(healed.units['cache']).not.toBe(first.units['cache'])

    edit('moorage.config.ts', (text) => text.replace('first', 'second'))
    const edited = await next('an edited moorage.config.ts')
    expect(edited).toEqual({ run: first.run, units: { ...healed.units, other: expect.any(String) } })
    expect(edited.units['other']).not.toBe(healed.units['other'])

    child.type('q')
    expect((await child.ended).code).toBe(0)
    await stage.clean(5_000)
  },
)
