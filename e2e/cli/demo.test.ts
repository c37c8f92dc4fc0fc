import { describe, expect, test } from 'vitest'
import { missing, providers } from '../harness/engine.ts'
import { openStage } from '../harness/fixture.ts'

describe.each(providers('process', 'docker'))('npm start on %s', (provider) => {
  test('shows the provider and why, a line for each service, its tests, and leaves nothing', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    await using stage = await openStage('.', provider)
    const child = await stage.start([process.execPath, 'scripts/run.mjs', 'demo', '--provider', provider])
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    const output = child.output()
    expect(output).toContain(`moorage: provider ${provider} (`)
    for (const service of ['db', 'api', 'web'])
      expect(output).toMatch(new RegExp(`✓ ${service}  \\w+://127\\.0\\.0\\.1:\\d+\\S*  \\d+\\.\\d\\d s`))
    expect(output.trimEnd().split('\n').at(-1)).toBe('demo: 3 passed, 0 failed')
    await stage.clean(2_000)
  })
})
