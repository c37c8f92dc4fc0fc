import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { loadConfig, probeAll } from '@moorage/core/runner'
import type { Invocation } from '../main.ts'

/** Which providers can be used here, and what keeps a config from working as well as it could. */
export async function doctor({ installation, file }: Invocation): Promise<number> {
  const mark = (good: boolean): string =>
    styleText(good ? 'green' : 'red', good ? '✓' : '✗', { stream: process.stdout })
  const say = (good: boolean, text: string): void => void process.stdout.write(`${mark(good)} ${text}\n`)
  const path = file()
  const { provider, services } = await loadConfig(path)
  say(true, `config ${path}: ${Object.keys(services).join(', ')}`)
  const typed = /interface\s+Register\b/.test(readFileSync(path, 'utf8'))
  say(
    typed,
    typed
      ? 'types: services() knows its names'
      : "types: services() is loosely typed. Add to the config: declare module 'moorage' { interface Register { config: typeof config } }",
  )
  const probed = await probeAll(
    provider
      ? [provider, ...installation.providers.filter(({ name }) => name !== provider.name)]
      : installation.providers,
    dirname(path),
  )
  for (const [name, said] of probed)
    say(said.ok, said.ok ? `${name}: ${said.detail}` : `${name}: ${said.reason}. To use it: ${said.fix}`)
  return [...probed.values()].some(({ ok }) => ok) ? 0 : 1
}
