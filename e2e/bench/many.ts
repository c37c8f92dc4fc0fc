import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './result.ts'
import { run, script } from './subject.ts'

type Sample = Promise<{ [row: string]: number }>

const COUNTS = [1, 4, 20] as const

/** Small services; moorage's are on a network of their own and have answered, the others have been started. */
export const dockerMany: Bench = manyOf('docker', { title: 'Docker: 1, 4 and 20 busybox services at once', raw: (count) => `${count} × docker run`, sample: containers })

/** In a namespace that is there; moorage's have answered through their forwards, the others are Ready. */
export const kubernetesMany: Bench = manyOf('kubernetes', { title: 'Kubernetes: 1, 4 and 20 busybox services at once', raw: (count) => `${count} × pod by the API`, sample: pods })

interface Reference {
  readonly title: string
  raw(count: number): string
  sample(row: string, count: number): Sample
}

function manyOf(engine: 'docker' | 'kubernetes', { title, raw, sample }: Reference): Bench {
  const subjects = COUNTS.flatMap((count) => [
    [raw(count), () => sample(raw(count), count)] as const,
    [`${count} × moorage`, () => program(`${count} × moorage`, ['e2e/bench/subjects/many.mjs', engine, String(count)])] as const,
  ])
  const targets = COUNTS.map((count) => ({ subject: `${count} × moorage`, beside: raw(count), limit: 1.2 }))
  return { name: `${engine}-many`, title, subjects: Object.fromEntries(subjects), targets }
}

async function containers(row: string, count: number): Sample {
  const name = `bench-${randomBytes(4).toString('hex')}`
  const since = performance.now()
  await run(['sh', 'e2e/bench/baselines/docker-run-many.sh', name, String(count)])
  const ready = performance.now() - since
  const leaving = performance.now()
  await run(['docker', 'rm', '--force', '--volumes', ...Array.from({ length: count }, (_, n) => `${name}-${n + 1}`)])
  return { [row]: ready, [`${row}, gone`]: performance.now() - leaving }
}

async function pods(row: string, count: number): Sample {
  return await program(row, ['e2e/bench/baselines/pods.mjs', `bench-${randomBytes(4).toString('hex')}`, String(count)])
}

async function program(row: string, args: readonly string[]): Sample {
  const since = performance.now()
  const child = script([process.execPath, ...args], { KUBECONFIG: process.env['MOORAGE_TESTBED_KUBECONFIG'] ?? '' })
  await child.said()
  const ready = performance.now() - since
  const { gone } = await child.end()
  // What a cluster is still taking down must not share the machine with the next sample.
  if (args.includes('kubernetes') || args.some((arg) => arg.endsWith('pods.mjs'))) await sleep(3_000)
  return { [row]: ready, [`${row}, gone`]: Number(gone) }
}
