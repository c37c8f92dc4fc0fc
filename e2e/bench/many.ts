import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Bench } from './result.ts'
import { run, script } from './subject.ts'

type Sample = Promise<{ [row: string]: number }>

interface Way {
  row(count: number): string
  sample(row: string, count: number): Sample
}

interface Reference extends Way {
  /** What moorage's time may be in this one's. */
  readonly limit: number
}

const COUNTS = [1, 4, 20] as const
const sdk = pathToFileURL(
  createRequire(resolve('packages/provider-docker/package.json')).resolve('testcontainers'),
).href

/**
 * Small services; moorage's are on a network of their own and have answered, those of the command line have been
 * started.
 */
export const dockerMany: Bench = manyOf('docker', 'Docker: 1, 4 and 20 busybox services at once', [
  {
    row: (count) => `${count} × docker run`,
    sample: (row, count) => containers(row, { script: 'docker-run-many.sh', count }),
    limit: 1.2,
  },
  {
    row: (count) => `${count} × docker run, same options`,
    sample: (row, count) => containers(row, { script: 'docker-run-many-same-options.sh', count, network: true }),
    limit: 1.2,
  },
  {
    row: (count) => `${count} × testcontainers`,
    sample: (row, count) => program(row, ['e2e/bench/baselines/testcontainers-many.mjs', sdk, String(count)]),
    limit: 1,
  },
])

/** In a namespace that is there; moorage's have answered through their forwards, the others are Ready. */
export const kubernetesMany: Bench = manyOf('kubernetes', 'Kubernetes: 1, 4 and 20 busybox services at once', [
  { row: (count) => `${count} × pod by the API`, sample: pods, limit: 1.2 },
])

function manyOf(engine: 'docker' | 'kubernetes', title: string, references: readonly Reference[]): Bench {
  const own: Way = {
    row: (count) => `${count} × moorage`,
    sample: (row, count) => program(row, ['e2e/bench/subjects/many.mjs', engine, String(count)]),
  }
  const subjects = COUNTS.flatMap((count) =>
    [...references, own].map(({ row, sample }) => [row(count), () => sample(row(count), count)] as const),
  )
  const targets = COUNTS.flatMap((count) =>
    references.map(({ row, limit }) => ({ subject: own.row(count), beside: row(count), limit })),
  )
  return { name: `${engine}-many`, title, subjects: Object.fromEntries(subjects), targets }
}

async function containers(
  row: string,
  { script: file, count, network }: { readonly script: string; readonly count: number; readonly network?: boolean },
): Sample {
  const name = `bench-${randomBytes(4).toString('hex')}`
  const since = performance.now()
  await run(['sh', `e2e/bench/baselines/${file}`, name, String(count)])
  const ready = performance.now() - since
  const leaving = performance.now()
  await run(['docker', 'rm', '--force', '--volumes', ...Array.from({ length: count }, (_, n) => `${name}-${n + 1}`)])
  if (network) await run(['docker', 'network', 'rm', name])
  return { [row]: ready, [`${row}, gone`]: performance.now() - leaving }
}

async function pods(row: string, count: number): Sample {
  return await program(row, ['e2e/bench/baselines/pods.mjs', `bench-${randomBytes(4).toString('hex')}`, String(count)])
}

async function program(row: string, args: readonly string[]): Sample {
  const since = performance.now()
  const child = script([process.execPath, ...args], {
    KUBECONFIG: process.env['MOORAGE_TESTBED_KUBECONFIG'] ?? '',
    TESTCONTAINERS_RYUK_DISABLED: 'true',
  })
  await child.said()
  const ready = performance.now() - since
  const { gone } = await child.end()
  // What a cluster is still taking down must not share the machine with the next sample.
  if (args.includes('kubernetes') || args.some((arg) => arg.endsWith('pods.mjs'))) await sleep(3_000)
  return { [row]: ready, [`${row}, gone`]: Number(gone) }
}
