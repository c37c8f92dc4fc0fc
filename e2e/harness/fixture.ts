import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerKinds } from '../../test/inventory/docker.ts'
import { expectUnchanged, takeInventory, type Inventory } from '../../test/inventory/inventory.ts'
import type { Exclusion, Kind } from '../../test/inventory/kind.ts'
import { kubernetesKinds } from '../../test/inventory/kubernetes.ts'
import { machineKinds } from '../../test/inventory/machine.ts'
import { openWorld, type Spawned, type World } from '../../test/inventory/world.ts'
import { chromiumEnvironment } from './chromium.ts'
import { environmentOf, kubeconfig, kubectl, type ProviderName } from './engine.ts'

/** A project's folder, run in a world of its own, with everything counted before. */
export interface Stage extends AsyncDisposable {
  readonly world: World
  readonly runsFile: string
  start(argv: readonly string[], env?: Record<string, string>, tty?: boolean): Promise<Spawned>
  /** Throws what is left. Gives the milliseconds until nothing was. `gone`: those that a cluster may take for what it has accepted, 30 s by default. */
  clean(within: number, gone?: number): Promise<number>
  supervisor(): Promise<number>
}

const EXCLUSIONS: readonly Exclusion[] = [
  {
    kind: 'docker network',
    pattern: /^[0-9a-f]{12} bridge$/,
    why: "the engine's own, which it makes anew when it starts",
  },
  {
    kind: 'listening unix socket',
    pattern: /\/moorage-testbed\/engine\/libnetwork\//,
    why: "the engine's own, of another name at each start",
  },
  { kind: 'temporary file', pattern: /^node-compile-cache$/, why: "npm's own, wherever an npm script runs" },
  {
    kind: 'temporary file',
    pattern: /^playwright-(transform-cache|artifacts)-/,
    why: "Playwright's own: a cache, and what it leaves when it is killed",
  },
  { kind: 'file', pattern: /\/world-/, why: "the test's own world" },
  {
    kind: 'file',
    pattern: /\/(node-compile-cache|\.X\d|hsperfdata_|vitest-)/,
    why: 'caches of Node and of the test runner',
  },
  { kind: 'file', pattern: /\/tmp\/(bash|tmp\.|moorage-testbed)/, why: 'shells and the test bed' },
]

export async function openStage(
  folder: string,
  provider: ProviderName,
  others: readonly Exclusion[] = [],
): Promise<Stage> {
  const exclusions = [...EXCLUSIONS, ...others]
  if (provider === 'kubernetes') await settled()
  const world = await openWorld()
  const cwd = resolve(folder)
  const host = provider === 'docker' ? process.env['DOCKER_HOST'] : undefined
  const kinds: readonly Kind[] = [
    ...world.kinds,
    ...machineKinds(),
    ...(host ? dockerKinds(host) : []),
    ...(provider === 'kubernetes' ? kubernetesKinds(kubeconfig('admin')) : []),
  ]
  const before: Inventory = await takeInventory(kinds, exclusions)
  const spaces = provider === 'kubernetes' ? namespaces() : []
  const runsFile = join(world.folder, 'runs')
  return {
    world,
    runsFile,
    start: (argv, env = {}, tty = false) =>
      world.spawn(argv, {
        cwd,
        tty,
        env: { TEST_RUNS_FILE: runsFile, ...chromiumEnvironment(), ...environmentOf(provider), NO_COLOR: '1', ...env },
      }),
    async clean(within, gone = GONE) {
      if (provider !== 'kubernetes') return await expectUnchanged(before, { kinds, exclusions, within })
      await accepted(spaces, within)
      return await expectUnchanged(before, { kinds, exclusions, within: gone })
    },
    async supervisor() {
      const items = (await world.kinds[0]?.take()) ?? []
      const pid = items.map((item) => /^(\d+) .*moorage supervisor/.exec(item)?.[1]).find(Boolean)
      if (!pid) throw new RangeError(`no supervisor among\n${items.join('\n')}`)
      return Number(pid)
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

// Milliseconds: a namespace takes eight to ten seconds to go.
const GONE = 30_000

/** Every namespace made since is being deleted within so many milliseconds. */
async function accepted(before: readonly string[], within: number): Promise<void> {
  for (const end = Date.now() + within; ; await sleep(50)) {
    const live = namespaces().filter((name) => !before.includes(name))
    if (!live.length) return
    if (Date.now() > end) throw new RangeError(`not being deleted after ${within} ms, left behind: ${live.join(', ')}`)
  }
}

/** What the test before has left to the cluster is gone. */
async function settled(): Promise<void> {
  for (
    const end = Date.now() + GONE;
    Date.now() < end && kubectl('get', 'namespaces,pods', '-A').stdout.includes('Terminating');
  )
    await sleep(100)
}

function namespaces(): readonly string[] {
  const rows = kubectl(
    'get',
    'namespaces',
    '--no-headers',
    '-o',
    'custom-columns=N:.metadata.name,D:.metadata.deletionTimestamp',
  )
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  return rows.flatMap(([name = '', deleted]) => (deleted === '<none>' ? [name] : []))
}

/** The runner's own entry, without a shell or npm in between that would get the signals first. */
export function vitest(folder: string, ...args: string[]): readonly string[] {
  return [process.execPath, resolve(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...args]
}

export function playwright(folder: string, ...args: string[]): readonly string[] {
  return [process.execPath, resolve(folder, 'node_modules/@playwright/test/cli.js'), 'test', ...args]
}

export function moorage(folder: string, ...args: string[]): readonly string[] {
  return [process.execPath, resolve(folder, 'node_modules/moorage/bin/moorage.mjs'), ...args]
}

export async function until(what: string, holds: () => boolean, within = 30_000): Promise<void> {
  for (const end = Date.now() + within; !holds(); await sleep(5)) {
    if (Date.now() > end) throw new RangeError(`not within ${within} ms: ${what}`)
  }
}

/** When a run has got to a phase of the lifecycle fixture. */
export function reached(phase: 'setup' | 'tests' | 'teardown', { runsFile }: Stage, child: Spawned): () => boolean {
  if (phase === 'setup') return () => /moorage: \w+ starting/.test(child.output())
  if (phase === 'tests') return () => existsSync(runsFile)
  return () => child.output().includes('TEARDOWN BEGINS')
}
