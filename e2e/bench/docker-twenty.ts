import { randomBytes } from 'node:crypto'
import type { Bench } from './result.ts'
import { run, script } from './subject.ts'

/** Twenty small services; moorage's are on a network of their own and have answered, the others have been started. */
export const dockerTwenty: Bench = {
  name: 'docker-twenty',
  title: 'Docker: 20 busybox services at once',
  subjects: { '20 × docker run': raw, moorage: own },
  targets: [{ subject: 'moorage', beside: '20 × docker run', limit: 1.2 }],
}

async function raw(): Promise<{ [row: string]: number }> {
  const name = `bench-${randomBytes(4).toString('hex')}`
  const since = performance.now()
  await run(['sh', 'e2e/bench/baselines/docker-run-twenty.sh', name])
  const ready = performance.now() - since
  const leaving = performance.now()
  await run(['docker', 'rm', '--force', '--volumes', ...Array.from({ length: 20 }, (_, n) => `${name}-${n + 1}`)])
  return { '20 × docker run': ready, '20 × docker run, gone': performance.now() - leaving }
}

async function own(): Promise<{ [row: string]: number }> {
  const since = performance.now()
  const child = script([process.execPath, 'e2e/bench/subjects/twenty.mjs'])
  await child.said()
  const ready = performance.now() - since
  const { gone } = await child.end()
  return { moorage: ready, 'moorage, gone': Number(gone) }
}
