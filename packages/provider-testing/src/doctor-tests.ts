import { expect, test } from 'vitest'
import type { ProviderSubject } from './provider-subject.ts'

// As `moorage doctor` waits.
const TIMEOUT_MS = 10_000
const PORT = 7_000

/** The checks of `moorage doctor`. The suite also sees that they leave nothing. */
export function testChecks({ provider, units }: ProviderSubject): void {
  const { checks = [], form } = provider
  test.skipIf(!checks.length)('doctor: each check answers in time, and says what to do about a problem', async () => {
    const names = checks.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    await provider.probe(signal)
    const unit = { name: 'a', ports: { main: PORT }, env: {}, sensitive: [], ...units.echo(PORT) }
    const context = { services: {}, units: form === 'container' ? [unit] : [], signal }
    const results = (await Promise.all(checks.map((check) => check.run(context)))).flat()
    for (const { status, text, fix } of results) {
      expect(text).toMatch(/[^.\n]$/)
      if (status !== 'ok') expect(fix).toMatch(/\S/)
    }
  })
}
