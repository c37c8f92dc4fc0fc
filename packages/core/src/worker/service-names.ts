import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inheritedPayload } from '../config/payload.ts'
import { siblingModule } from '../provider-kit/module-path.ts'

/**
 * The keys of the services, of which a runner makes fixtures. Where none run, as when tests are only listed, the config
 * says them, read by a Node of its own: a runner asks without waiting, and compiles in its own way.
 */
export function serviceNames(root: string): readonly string[] {
  const payload = inheritedPayload(process.env)
  if (payload) return Object.keys(payload.services)
  const main = fileURLToPath(siblingModule(import.meta.url, 'service-names-main'))
  const { stdout } = spawnSync(process.execPath, [main, root], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const line = /^moorage services (\[.*\])$/m.exec(stdout)?.[1]
  return line === undefined ? [] : (JSON.parse(line) as string[])
}
