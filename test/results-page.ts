import type { BenchResult } from '../e2e/bench/result.ts'

const INTRODUCTION = `# Results of the benchmarks

\`npm run bench\` measures moorage beside what it competes with: raw commands, kubectl, and testcontainers. The samples
of all rows alternate in one run on one machine. A target that moorage misses stays on this page.

test/results.test.ts generates this page from \`e2e/bench/results/*.json\`, which also contain every sample.
`

/** The page of all benchmarks, in the order of their titles. */
export function resultsPage(results: readonly BenchResult[]): string {
  return [INTRODUCTION, ...results.toSorted((a, b) => a.title.localeCompare(b.title)).map(resultSection)].join('\n')
}

function resultSection({ title, at, engine, node, machine, rows, targets, unit }: BenchResult): string {
  const [load = 0] = machine.load
  return [
    `## ${title}`,
    '',
    `${rows[0]?.samples.length ?? 0} samples each on ${at.slice(0, 10)}. Node ${node.slice(1)}, ${engine}, ` +
      `${machine.threads} threads, ${machine.memoryGiB} GiB, load ${load} at the end.`,
    '',
    `| | Median (${unit}) | p95 | Least |`,
    '|---|---|---|---|',
    ...rows.map(({ name, ms }) => `| ${name} | ${ms.median} | ${ms.p95} | ${ms.least} |`),
    '',
    ...(targets.length ? ['| Target | Value | At most | |', '|---|---|---|---|', ...targets.map(targetRow), ''] : []),
  ].join('\n')
}

function targetRow({ subject, beside, value, limit, met }: BenchResult['targets'][number]): string {
  const [name, sign] = beside === undefined ? [subject, ' ms'] : [`${subject}, beside ${beside}`, ' ×']
  return `| ${name} | ${value}${sign} | ${limit}${sign} | ${met ? 'met' : '**missed**'} |`
}
