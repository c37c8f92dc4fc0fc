import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildRevision, currentRevision, type Revision } from './revision.ts'
import { round, summarize } from './statistics.ts'
import { run, script, type Script } from './subject.ts'

// The program of both revisions, which differs only in the modules that it loads.
const SUBJECT = resolve('e2e/bench/subjects/measured.mjs')
const UP_CONFIG = resolve('e2e/bench/subjects/measured-up/moorage.config.mjs')
const LIMIT = 1.03
// The end of one sample must not disturb the next.
const PAUSE_MS = { docker: 500, kubernetes: 1_500 }

type Sample = { readonly [row: string]: number }
type Measurement = (revision: Revision) => Promise<Sample>

export interface ComparisonOptions {
  readonly n: number
  /** Empty: all. */
  readonly names: readonly string[]
  readonly engines: { readonly docker: boolean; readonly kubernetes: boolean }
}

/** Measures a revision and the built package of this checkout in turns, and prints both with their ratios. */
export async function compareRevisions(
  name: string,
  { n, names, engines: { docker, kubernetes } }: ComparisonOptions,
): Promise<void> {
  using cache = temporaryFolder()
  const revisions = [buildRevision(name, cache.path), currentRevision(cache.path)]
  Object.assign(process.env, { KUBECONFIG: process.env['MOORAGE_TESTBED_KUBECONFIG'] })
  const measurements: { readonly [name: string]: Measurement } = {
    import: async (revision) => named('import', await subject(revision, 'import').said()),
    given: measureGiven,
    up: measureUp,
    process: (revision) => measureStart(revision, 'process'),
    ...(docker ? { docker: (revision) => measureStart(revision, 'docker') } : {}),
    ...(kubernetes
      ? {
          kubernetes: (revision) => measureStart(revision, 'kubernetes'),
          'kubernetes-files': (revision) => measureStart(revision, 'kubernetes-files'),
        }
      : {}),
  }
  process.stdout.write(
    `${'median and least'.padEnd(44)}${[name, 'now'].map((each) => each.padStart(20)).join('')}${'ratio'.padStart(18)}   n = ${n}\n`,
  )
  for (const [measurement, measure] of Object.entries(measurements))
    if (!names.length || names.includes(measurement)) print(await alternate(measure, revisions, n))
}

type Samples = { readonly [row: string]: readonly [before: number[], now: number[]] }

/** After one round that does not count; each round begins with the other revision. */
async function alternate(measure: Measurement, revisions: readonly Revision[], n: number): Promise<Samples> {
  const samples: { [row: string]: [number[], number[]] } = {}
  for (let turn = -1; turn < n; turn++) {
    for (const index of turn % 2 ? [1, 0] : [0, 1]) {
      const revision = revisions[index]
      if (!revision) continue
      const measured = await measure(revision)
      if (turn < 0) continue
      for (const [row, value] of Object.entries(measured)) (samples[row] ??= [[], []])[index]?.push(value)
    }
  }
  return samples
}

function print(samples: Samples): void {
  for (const [row, [before, now]] of Object.entries(samples)) {
    const [a, b] = [summarize(before), summarize(now)]
    const [median, least] = [round(b.median / a.median), round(b.least / a.least)]
    const cells = [a, b].map((each) => `${each.median.toFixed(1)} ${each.least.toFixed(1).padStart(8)}`.padStart(20))
    const ratios = `${median.toFixed(2)} ${least.toFixed(2).padStart(8)}`.padStart(18)
    process.stdout.write(`${least <= LIMIT ? '✓' : '✗'} ${row.padEnd(42)}${cells.join('')}${ratios}\n`)
  }
}

/** One service on an engine, from the start of the process to its URL. */
async function measureStart(revision: Revision, engine: string): Promise<Sample> {
  const since = performance.now()
  const starting = subject(revision, engine)
  const started = await starting.said()
  const ms = performance.now() - since
  await starting.end()
  await sleep(engine === 'docker' ? PAUSE_MS.docker : engine === 'process' ? 0 : PAUSE_MS.kubernetes)
  return named(`${engine} start`, { ...started, ms })
}

/** A service that is given: what is left is the plan, the supervisor, and one connection. */
async function measureGiven(revision: Revision): Promise<Sample> {
  const server = createServer((socket) => socket.on('error', () => {}).write('hello'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const env = { BENCH_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
  try {
    const first = subject(revision, 'given', env)
    const made = await first.said()
    const second = subject(revision, 'given', env)
    const attached = await second.said()
    await second.end()
    await first.end()
    return { ...named('new supervisor', made), ...named('attach', attached) }
  } finally {
    server.close()
  }
}

/** A service that runs, left by `moorage up`. */
async function measureUp(revision: Revision): Promise<Sample> {
  const cli = join(revision.root, 'packages/moorage/bin/moorage.mjs')
  const moorage = (command: string): Promise<string> =>
    run([process.execPath, cli, command, '--config', UP_CONFIG], revision.env)
  await moorage('up')
  try {
    const attaching = subject(revision, 'up')
    const attached = await attaching.said()
    await attaching.end()
    return named('attach after up', attached)
  } finally {
    await moorage('down')
  }
}

/** Runs of others in the cache of this user would be part of the measurement. */
function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'moorage-bench-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function subject(revision: Revision, what: string, env: NodeJS.ProcessEnv = {}): Script {
  return script([process.execPath, SUBJECT, what], { ...revision.env, ...env })
}

function named(title: string, measured: { readonly [row: string]: string | number }): Sample {
  return Object.fromEntries(Object.entries(measured).map(([row, value]) => [`${title}, ${row}`, Number(value)]))
}
