import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { composeReader } from '../config/compose-reader.ts'
import { inheritedPayload } from '../config/test-payload.ts'
import { siblingModule } from '../provider-kit/sibling-module.ts'

/**
 * The names of the services, for which a runner defines fixtures. Where no services run, as when a runner lists its
 * tests, they come from the config. A process of its own loads that: runners define fixtures synchronously, and compile
 * TypeScript in their own way. Empty without a valid config.
 */
export function serviceNames(root: string): readonly string[] {
  const payload = inheritedPayload(process.env)
  if (payload) return Object.keys(payload.services)
  const main = fileURLToPath(siblingModule(import.meta.url, 'read-service-keys-main'))
  const { stdout } = spawnSync(process.execPath, [main, root, composeReader()], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const line = /^moorage services (\[.*\])$/m.exec(stdout)?.[1]
  return line === undefined ? [] : (JSON.parse(line) as string[])
}
