import { setTimeout as sleep } from 'node:timers/promises'
import type { Exclusion } from '../../test/inventory/kind.ts'
import type { Ended } from '../../test/inventory/world.ts'
import type { ProviderName } from './engine.ts'
import { openStage, reached, until } from './fixture.ts'
import { openPlaywright, type PlaywrightVersion } from './playwright.ts'
import type { Files } from './project.ts'
import { openVitest, type VitestVersion } from './vitest.ts'

export type Interruption = 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'Ctrl-C' | 'Ctrl-C twice'

export interface RunFixture {
  readonly runner: { readonly vitest: VitestVersion } | { readonly playwright: PlaywrightVersion }
  /** Beside those of the runner's fixture, or in their place. */
  readonly files?: Files
  /** Default: all tests, once. */
  readonly args?: readonly string[]
  readonly env?: Record<string, string>
  readonly tty?: boolean
  /** Default: plain processes. */
  readonly provider?: ProviderName
  readonly signal?: { readonly during: 'setup' | 'tests' | 'teardown'; readonly by: Interruption }
  /** Milliseconds until nothing may be left. Default: 2000, 5000 after a signal. */
  readonly within?: number
}

export interface Outcome {
  readonly end: Ended
  readonly output: string
}

const folder: Exclusion = {
  kind: 'temporary file',
  pattern: /^[\w-]{21}$/,
  why: "Vitest's own, which up to version 4 it leaves when it is killed",
}
const fork: Exclusion = {
  kind: 'process',
  pattern: /: (node \(vitest \d+\)$|\S+\/node --experimental-import-meta-resolve --require )/,
  why: 'may go on with its test when Vitest is killed, up to version 4 (vitest#9123)',
}

/** What the runner itself leaves, with moorage or without. */
function leftBy(runner: RunFixture['runner']): readonly Exclusion[] {
  if (!('vitest' in runner)) return []
  return { 3: [folder, fork], 4: [folder, fork], 5: [] }[runner.vitest]
}

/** A runner in a process of its own, on its fixture, perhaps interrupted. Throws what it leaves. */
export async function runFixture(options: RunFixture): Promise<Outcome> {
  const { runner, files, args, provider = 'process', signal, within = signal ? 5_000 : 2_000 } = options
  using project = 'vitest' in runner ? openVitest(runner.vitest, files) : openPlaywright(runner.playwright, files)
  await using stage = await openStage(project.folder, provider, leftBy(runner))
  const tty = options.tty ?? signal?.by.startsWith('Ctrl-C') ?? false
  const lasts: Record<string, string> = signal && signal.during !== 'teardown' ? { LASTS_MS: '60000' } : {}
  const child = await stage.start(
    project.command(...(args ?? ('vitest' in runner ? ['run'] : []))),
    { ...lasts, ...options.env },
    tty,
  )
  if (signal) {
    const arrived = reached(signal.during, stage, child)
    let over = false
    void child.ended.then(() => (over = true))
    await until(signal.during, () => over || arrived())
    if (over) throw new RangeError(`it ended before ${signal.during}:\n${child.output()}`)
    if (!signal.by.startsWith('Ctrl-C')) child.kill(signal.by as NodeJS.Signals)
    else child.type('\x03')
    if (signal.by === 'Ctrl-C twice') {
      await sleep(150)
      if (!over) child.type('\x03')
    }
  }
  const end = await child.ended
  const output = child.output()
  await stage.clean(within).catch((error: Error) => {
    throw new RangeError(`${error.message}\n${output}`, { cause: error })
  })
  return { end, output }
}
