import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { missing, offers, type ProviderName, providers } from '../harness/engine.ts'
import { openStage, vitest, type Stage } from '../harness/fixture.ts'
import { openProject, type Project } from '../harness/project.ts'

const folder = 'e2e/fixtures/isolation'
const DONE = { code: 0, signal: null }

const noRedis =
  spawnSync('sh', ['-c', 'command -v redis-server']).status !== 0 && 'no redis-server to run as a plain process'

interface Where {
  readonly provider: ProviderName
  readonly SERVICES: string
}

const everywhere: readonly Where[] = [
  { provider: 'process', SERVICES: 'db,cache' },
  { provider: 'docker', SERVICES: 'docs' },
  { provider: 'kubernetes', SERVICES: 'db' },
]

const places = everywhere.filter(({ provider }) => offers(provider))

const lacks = ({ provider }: Where): string | false | undefined =>
  missing(provider) ?? (provider === 'process' && noRedis)

const crowdOn = ({ provider, SERVICES }: Where): { readonly TESTS: string } & Record<string, string> => ({
  SERVICES,
  CASE: 'crowd',
  WORKERS: '8',
  TESTS: provider === 'process' ? '200' : '25',
})

/** Runs Vitest over one folder of the fixture to its end. */
async function run(
  stage: Stage,
  at: string,
  env: Record<string, string>,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = await stage.start(vitest(at), env)
  const { code } = await child.ended
  return { code, output: child.output() }
}

describe.each(places)('12: a database for each worker, on $provider ($SERVICES)', (where) => {
  test('8 workers at once do not collide', async ({ skip }) => {
    const reason = lacks(where)
    if (reason) skip(reason)
    await using stage = await openStage(folder, where.provider)
    const { code, output } = await run(stage, folder, { ...crowdOn(where), ISOLATE: 'worker' })
    expect(code, output).toBe(0)
    expect(output).toMatch(new RegExp(`Tests +${8 * Number(crowdOn(where).TESTS)} passed`))
    await stage.clean(2_000)
  })
})

// Slower there, and the same code: one proof on a cluster is enough.
describe.each(places.filter(({ provider }) => provider !== 'kubernetes'))(
  '12: what isolation makes of it, on $provider ($SERVICES)',
  (where) => {
    test('the same tests collide on one that they share', async ({ skip }) => {
      const reason = lacks(where)
      if (reason) skip(reason)
      await using stage = await openStage(folder, where.provider)
      const { code, output } = await run(stage, folder, { ...crowdOn(where), ISOLATE: 'false' })
      expect(code).toBe(1)
      expect(output).toMatch(/Tests +\d+ failed/)
      // Not any failure: notes of another worker, or none where its own should be.
      expect(output).toMatch(/AssertionError: expected \[.*\] to deeply equal \[ 'w\d \d+' \]/)
      await stage.clean(2_000)
    })

    test.for<[string, number]>([
      ['worker', 3],
      ['file', 0],
      ['test', 0],
    ])("isolate: '%s'", async ([ISOLATE, seen], { skip }) => {
      const reason = lacks(where)
      if (reason) skip(reason)
      await using stage = await openStage(folder, where.provider)
      const { code, output } = await run(stage, folder, {
        SERVICES: where.SERVICES,
        CASE: 'spans',
        WORKERS: '1',
        ISOLATE,
      })
      expect(code, output).toBe(0)
      const others = [...output.matchAll(/SAW (\d+) OF OTHERS/g)].map(([, count]) => Number(count))
      expect(others).toHaveLength(6 * where.SERVICES.split(',').length)
      expect(Math.max(...others)).toBe(seen)
      await stage.clean(2_000)
    })
  },
)

test.for(providers('docker'))('MongoDB: a slot is what the seed made, exactly', async (_provider, { skip }) => {
  const reason = missing('docker')
  if (reason) skip(reason)
  await using stage = await openStage(folder, 'docker')
  const { code, output } = await run(stage, folder, { SERVICES: 'docs', CASE: 'docs', ISOLATE: 'test' })
  expect(code, output).toBe(0)
  expect(output).toMatch(/Tests +2 passed/)
  await stage.clean(2_000)
})

test.for(providers('process'))(
  '12: two checkouts, and two runs of one that share their services, do not collide',
  async (_provider, { skip }) => {
    if (noRedis) skip(noRedis)
    const packages = Object.fromEntries(
      ['pg', 'redis', 'mongodb', 'vitest'].map((name) => [name, `${folder}/node_modules/${name}`]),
    )
    using first: Project = openProject({ fixture: 'isolation', packages })
    using second: Project = openProject({ fixture: 'isolation', packages })
    await using stage = await openStage(folder, 'process')
    const start = (project: Project): ReturnType<Stage['start']> =>
      stage.start(['sh', '-c', 'cd "$0" && exec "$@"', project.folder, ...vitest(project.folder)], {
        CASE: 'crowd',
        WORKERS: '2',
        TESTS: '50',
        ISOLATE: 'worker',
      })
    const children = await Promise.all([first, first, second].map(start))
    for (const child of children) expect(await child.ended, child.output()).toEqual(DONE)
    const urls = children.map((child) => /✓ db +(\S+)/.exec(child.output())?.[1])
    expect(new Set(urls).size, 'the first two share a server').toBe(2)
    await stage.clean(2_000)
  },
)

// The oldest beside the newest; all of them in `npm run matrix`.
const versions = process.env['MOORAGE_MATRIX'] ? [3, 4, 5] : [3, 5]

describe.each(offers('process') ? versions : [])('Vitest %i', (version) => {
  const packages = {
    pg: `${folder}/node_modules/pg`,
    redis: `${folder}/node_modules/redis`,
    mongodb: `${folder}/node_modules/mongodb`,
    vitest: `e2e/fixtures/vitest-${version}/node_modules/vitest`,
  }

  test('fixtures: a fresh database for each test, those that run at once and those that are retried too', async ({
    skip,
  }) => {
    if (noRedis) skip(noRedis)
    using project = openProject({ fixture: 'isolation', packages })
    await using stage = await openStage(project.folder, 'process')
    const { code, output } = await run(stage, project.folder, { CASE: 'beside', ISOLATE: 'test' })
    expect(code, output).toBe(0)
    expect(output).toMatch(/Tests +6 passed/)
    await stage.clean(2_000)
  })

  test('fixtures: `vitest list` starts nothing', async () => {
    using project = openProject({ fixture: 'isolation', packages })
    await using stage = await openStage(project.folder, 'process')
    const [node = '', entry = ''] = vitest(project.folder)
    const child = await stage.start([node, entry, 'list'], { CASE: 'beside' })
    expect(await child.ended, child.output()).toEqual(DONE)
    expect(child.output()).toContain('one after the other has the same address')
    expect(child.output()).not.toContain('moorage: ')
    await stage.clean(1_000)
  })
})
