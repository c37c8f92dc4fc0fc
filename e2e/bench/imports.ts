import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bench } from './result.ts'
import { run } from './subject.ts'

const sdk = pathToFileURL(
  createRequire(resolve('packages/provider-docker/package.json')).resolve('testcontainers'),
).href
const moorage = pathToFileURL(resolve('packages/moorage/dist/lib/moorage/src/index.js')).href

/** What a config file costs its reader. */
export const imports: Bench = {
  name: 'import',
  title: 'import, in a new process',
  subjects: { moorage: () => load('moorage', moorage), testcontainers: () => load('testcontainers', sdk) },
  targets: [{ subject: 'moorage', limit: 20 }],
}

async function load(name: string, url: string): Promise<{ [row: string]: number }> {
  const code = `const since = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - since)`
  const said = await run([process.execPath, '--input-type=module', '--eval', code])
  return { [name]: Number(said) }
}
