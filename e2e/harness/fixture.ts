import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dockerKinds } from '../../test/inventory/docker.ts'
import { expectUnchanged, takeInventory, type Inventory } from '../../test/inventory/inventory.ts'
import type { Exclusion, Kind } from '../../test/inventory/kind.ts'
import { machineKinds } from '../../test/inventory/machine.ts'
import { openWorld, type Spawned, type World } from '../../test/inventory/world.ts'
import { chromiumEnvironment } from './chromium.ts'
import { clusterStageKinds, expectClusterUnchanged, expectNamespacesDeleted, liveNamespaces } from './cluster.ts'
import { environmentOf, offers, type ProviderName } from './engine.ts'
import { EXCLUSIONS } from './exclusions.ts'

/** A project's folder, run in a world of its own, with everything counted before. */
export interface Stage extends AsyncDisposable {
  readonly world: World
  readonly runsFile: string
  start(argv: readonly string[], env?: Record<string, string>, tty?: boolean): Promise<Spawned>
  /**
   * Throws what is left. Gives the milliseconds until nothing was. What a cluster has accepted to delete is checked at
   * the end of the test file (cluster.ts); with `gone`, the milliseconds that it may take, here as well.
   */
  clean(within: number, gone?: number): Promise<number>
  supervisor(): Promise<number>
}

// Milliseconds: a cluster's garbage collector follows the owner of an object.
const ACCEPTED_TIMEOUT_MS = 30_000

export async function openStage(
  folder: string,
  provider: ProviderName,
  others: readonly Exclusion[] = [],
): Promise<Stage> {
  // A run of plain processes alone has no engine.
  if (provider !== 'process' && !offers(provider))
    throw new RangeError(`this run leaves ${provider} to another: choose by providers()`)
  const exclusions = [...EXCLUSIONS, ...others]
  const world = await openWorld()
  const cwd = resolve(folder)
  const host = provider === 'docker' ? process.env['DOCKER_HOST'] : undefined
  const kinds: readonly Kind[] = [
    ...world.kinds,
    ...(provider === 'kubernetes' ? clusterStageKinds() : machineKinds()),
    ...(host ? dockerKinds(host) : []),
  ]
  const before: Inventory = await takeInventory(kinds, exclusions)
  const namespaces = provider === 'kubernetes' ? liveNamespaces() : []
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
    async clean(within, gone) {
      if (provider !== 'kubernetes') return await expectUnchanged(before, { kinds, exclusions, within })
      await expectNamespacesDeleted(namespaces, within)
      const elapsed = await expectUnchanged(before, { kinds, exclusions, within: gone ?? ACCEPTED_TIMEOUT_MS })
      if (gone !== undefined) await expectClusterUnchanged(gone)
      return elapsed
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

/** The runner's own entry, without a shell or npm in between that would get the signals first. */
export function vitest(folder: string, ...args: string[]): readonly string[] {
  return [process.execPath, resolve(folder, 'node_modules/vitest/vitest.mjs'), 'run', ...args]
}

export function jest(folder: string, ...args: string[]): readonly string[] {
  // By default it lies in the folder for temporary files.
  const cache = resolve(folder, 'node_modules/.cache/jest')
  return [process.execPath, resolve(folder, 'node_modules/jest/bin/jest.js'), `--cacheDirectory=${cache}`, ...args]
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
