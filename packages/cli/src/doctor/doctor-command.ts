import { dirname } from 'node:path'
import { readFileSync } from 'node:fs'
import { styleText } from 'node:util'
import { configuredProviders, describeGiven, givenServices, loadConfig, probeAll } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'

/** Checks the config and every provider. Exit code 1 if no provider works on this machine. */
export async function runDoctor({ installation, configPath }: Invocation): Promise<number> {
  const path = configPath()
  const config = await loadConfig(path)
  const { provider, services } = config
  const providers = configuredProviders(installation.providers, config)
  report(true, `config ${path}: ${Object.keys(services).join(', ')}`)
  for (const given of givenServices(config, process.env))
    report(true, `services.${given.service}: ${describeGiven(given)}`)
  const typed = /interface\s+Register\b/.test(readFileSync(path, 'utf8'))
  report(
    typed,
    typed
      ? 'types: services() has the types of this config'
      : "types: services() has no types of this config. Add to it: declare module 'moorage' { interface Register { config: typeof config } }",
  )
  const probed = await probeAll(
    provider ? [provider, ...providers.filter(({ name }) => name !== provider.name)] : providers,
    dirname(path),
  )
  for (const [name, result] of probed)
    report(result.ok, result.ok ? `${name}: ${result.detail}` : `${name}: ${result.reason}. To use it: ${result.fix}`)
  return [...probed.values()].some(({ ok }) => ok) ? 0 : 1
}

function report(ok: boolean, text: string): void {
  const mark = styleText(ok ? 'green' : 'red', ok ? '✓' : '✗', { stream: process.stdout })
  process.stdout.write(`${mark} ${text}\n`)
}
