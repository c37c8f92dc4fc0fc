import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { round as hundredths, summarize } from './statistics.ts'

export interface Target {
  readonly subject: string
  /** Beside which other row; without one the limit is in milliseconds. */
  readonly beside?: string
  readonly limit: number
}

export interface Bench {
  readonly name: string
  readonly title: string
  /** One sample per name and round, in an order that turns round by round. */
  readonly subjects: { readonly [name: string]: () => Promise<{ readonly [row: string]: number }> }
  readonly targets: readonly Target[]
}

/** What a file in e2e/bench/results contains. */
export interface BenchResult {
  readonly name: string
  readonly title: string
  /** ISO 8601, at the end of the run. */
  readonly at: string
  readonly node: string
  readonly engine: string
  readonly machine: {
    readonly cpu: string
    readonly threads: number
    readonly memoryGiB: number
    readonly arch: string
    /** The load averages of 1, 5 and 15 minutes at the end. */
    readonly load: readonly number[]
  }
  readonly unit: 'ms'
  readonly rows: readonly {
    readonly name: string
    readonly ms: ReturnType<typeof summarize>
    readonly samples: readonly number[]
  }[]
  readonly targets: readonly (Target & { readonly value: number; readonly met: boolean })[]
}

// Fewer say too little to be kept: they are printed only.
const LEAST = 15

type Samples = { readonly [row: string]: readonly number[] }

/** Alternating, after one round that does not count: images, compile caches and page cache are warm for all alike. */
export async function measure({ subjects }: Bench, n: number): Promise<Samples> {
  const samples: { [row: string]: number[] } = {}
  const names = Object.keys(subjects)
  for (let round = -1; round < n; round++) {
    const turn = Math.max(0, round) % names.length
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const measured = (await subjects[name]?.()) ?? {}
      if (round >= 0) for (const [row, ms] of Object.entries(measured)) (samples[row] ??= []).push(hundredths(ms))
    }
  }
  return samples
}

export function report({ name, title, targets }: Bench, samples: Samples, engine: string): void {
  const rows = Object.entries(samples).map(([row, ms]) => ({ name: row, ms: summarize(ms), samples: ms }))
  const of = (row: string): number => rows.find((each) => each.name === row)?.ms.median ?? Number.NaN
  const verdicts = targets.map(({ subject, beside, limit }) => {
    const value = hundredths(beside === undefined ? of(subject) : of(subject) / of(beside))
    return { subject, ...(beside === undefined ? {} : { beside }), value, limit, met: value <= limit }
  })
  const width = Math.max(...rows.map((row) => row.name.length))
  const number = (value: number): string => value.toFixed(value < 20 ? 1 : 0).padStart(8)
  process.stdout.write(
    `\n${title}\n${''.padEnd(width)}  ${['median', 'p95', 'least', 'most'].map((head) => head.padStart(8)).join('')}   ms, n = ${rows[0]?.samples.length ?? 0}\n`,
  )
  for (const { name: row, ms } of rows)
    process.stdout.write(`${row.padEnd(width)}  ${[ms.median, ms.p95, ms.least, ms.most].map(number).join('')}\n`)
  for (const { subject, beside, value, limit, met } of verdicts) {
    const [is, must] =
      beside === undefined
        ? [`${value.toFixed(1)} ms`, `${limit} ms`]
        : [`${value.toFixed(2)} × ${beside}`, `${limit} ×`]
    process.stdout.write(`${met ? '✓' : '✗'} ${subject}: ${is}; at most ${must}\n`)
  }
  if ((rows[0]?.samples.length ?? 0) < LEAST)
    return void process.stdout.write(`Not written down: fewer than ${LEAST} samples.\n`)
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    threads: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    arch: arch(),
    load: loadavg().map(hundredths),
  }
  const folder = join('e2e', 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  const result: BenchResult = {
    name,
    title,
    at: new Date().toISOString(),
    node: process.version,
    engine,
    machine,
    unit: 'ms',
    rows,
    targets: verdicts,
  }
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify(result, null, 2).replace(/\[[\s\d.,]+\]/g, (list) => list.replace(/\s+/g, ' '))}\n`,
  )
}
