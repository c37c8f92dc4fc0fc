import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Bench } from './result.ts'
import { run } from './subject.ts'

const SIZES = [1, 4, 12] as const
const MOORAGE = resolve('packages/moorage/bin/moorage.mjs')

/** From the command to services that are all healthy, and until they are gone. Both read the same file. */
export const composeUp: Bench = {
  name: 'compose',
  title: 'The same compose file: redis with a health check every 500 ms, until all are healthy',
  subjects: Object.fromEntries(
    SIZES.flatMap((size) => [
      [`docker compose up --wait, ${size}`, () => withCompose(size)],
      [`moorage up, ${size}`, () => withMoorage(size)],
    ]),
  ),
  targets: SIZES.map((size) => ({
    subject: `moorage up, ${size}`,
    beside: `docker compose up --wait, ${size}`,
    limit: 1,
  })),
}

async function withCompose(size: number): Promise<{ [row: string]: number }> {
  const program = process.env['MOORAGE_TESTBED_COMPOSE'] ?? 'docker-compose'
  return await withProject(size, async (folder) => {
    const compose = [program, '--project-directory', folder]
    return await timed(`docker compose up --wait, ${size}`, {
      up: [...compose, 'up', '--wait', '--quiet-pull'],
      down: [...compose, 'down', '--volumes', '--timeout', '1'],
    })
  })
}

async function withMoorage(size: number): Promise<{ [row: string]: number }> {
  return await withProject(size, async (folder) => {
    const moorage = ['env', 'MOORAGE_PROVIDER=docker', `MOORAGE_CACHE_DIR=${cacheFolder()}`, process.execPath, MOORAGE]
    const config = ['--config', join(folder, 'docker-compose.yml')]
    return await timed(`moorage up, ${size}`, {
      up: [...moorage, 'up', ...config],
      down: [...moorage, 'down', ...config],
    })
  })
}

let cache: string | undefined

/** Apart from the cache of this machine, whose leftovers would count. A supervisor writes to it until it has ended. */
function cacheFolder(): string {
  if (cache !== undefined) return cache
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-cache-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  return (cache = folder)
}

async function timed(
  name: string,
  { up, down }: { readonly up: readonly string[]; readonly down: readonly string[] },
): Promise<{ [row: string]: number }> {
  const since = performance.now()
  try {
    await run(up)
    return { [name]: performance.now() - since }
  } finally {
    await run(down)
  }
}

async function withProject<T>(size: number, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-'))
  const service = `
    image: redis:7
    healthcheck: { test: redis-cli ping, interval: 500ms, retries: 20 }
`
  const services = Array.from({ length: size }, (_, i) => `  cache-${i}:${service}`)
  try {
    writeFileSync(join(folder, 'docker-compose.yml'), `services:\n${services.join('')}`)
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
