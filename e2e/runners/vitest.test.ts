import { describe, expect, test } from 'vitest'
import { openStage, vitest } from '../harness/fixture.ts'

// Version 5 in full elsewhere; here what differs between versions.
describe.each([3, 4, 5])('Vitest %i', (version) => {
  const folder = `e2e/fixtures/vitest-${version}`

  test.each(['plugin', 'setup'])('as %s: services(), inject and the environment agree, and nothing is left', async (form) => {
    await using stage = await openStage(folder, 'process')
    const child = await stage.start(vitest(folder), { FORM: form })
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/Tests +1 passed/)
    await stage.clean(2_000)
  })

  test('three projects and the root share one run', async () => {
    await using stage = await openStage(folder, 'process')
    const child = await stage.start(vitest(folder), { FORM: 'projects' })
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/Tests +3 passed/)
    expect(child.output().match(/moorage: provider/g)).toHaveLength(1)
    await stage.clean(2_000)
  })

  test('`vitest list` starts nothing', async () => {
    await using stage = await openStage(folder, 'process')
    const [node, entry] = vitest(folder)
    const child = await stage.start([node as string, entry as string, 'list'], { FORM: 'plugin' })
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toContain('the same connection comes by')
    expect(child.output()).not.toContain('moorage: ')
    await stage.clean(1_000)
  })
})
