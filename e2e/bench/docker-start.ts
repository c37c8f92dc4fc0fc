import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bench } from './result.ts'
import { answering, freePort, HELLO, run, script } from './subject.ts'

const sdk = pathToFileURL(
  createRequire(resolve('packages/provider-docker/package.json')).resolve('testcontainers'),
).href

/**
 * From the start of a process to a MongoDB that answers at its URL. Cleaned up after each sample, which is the second
 * row.
 */
export const dockerStart: Bench = {
  name: 'docker-start',
  title: 'Docker: one mongo:6.0, from the start of the process to an answering URL',
  subjects: {
    'docker run': () => raw('docker run', 'docker-run.sh'),
    'docker run, same options': () => raw('docker run, same options', 'docker-run-same-options.sh'),
    moorage: () => program('moorage', ['e2e/bench/subjects/mongodb.mjs']),
    'testcontainers, its wait': () =>
      program('testcontainers, its wait', ['e2e/bench/baselines/testcontainers-default.mjs', sdk]),
    'testcontainers, port wait': () =>
      program('testcontainers, port wait', ['e2e/bench/baselines/testcontainers-port.mjs', sdk, HELLO]),
    'testcontainers, same options': () =>
      program('testcontainers, same options', ['e2e/bench/baselines/testcontainers-same-options.mjs', sdk, HELLO]),
  },
  targets: [
    { subject: 'moorage', beside: 'docker run', limit: 1.5 },
    { subject: 'moorage', beside: 'docker run, same options', limit: 1.5 },
    { subject: 'moorage', beside: 'testcontainers, its wait', limit: 1 },
    { subject: 'moorage', beside: 'testcontainers, port wait', limit: 1 },
    { subject: 'moorage', beside: 'testcontainers, same options', limit: 1 },
  ],
}

async function raw(name: string, file: string): Promise<{ [row: string]: number }> {
  const port = await freePort()
  const since = performance.now()
  const id = await run(['sh', `e2e/bench/baselines/${file}`, String(port)])
  await answering(`mongodb://127.0.0.1:${port}/`)
  const ready = performance.now() - since
  const leaving = performance.now()
  await run(['docker', 'rm', '--force', '--volumes', id])
  return { [name]: ready, [`${name}, gone`]: performance.now() - leaving }
}

async function program(name: string, args: readonly string[]): Promise<{ [row: string]: number }> {
  const since = performance.now()
  const child = script([process.execPath, ...args], { TESTCONTAINERS_RYUK_DISABLED: 'true' })
  const { url } = await child.said()
  await answering(String(url))
  const ready = performance.now() - since
  const { gone } = await child.end()
  return { [name]: ready, [`${name}, gone`]: Number(gone) }
}
