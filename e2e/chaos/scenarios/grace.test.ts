import { expect, test } from 'vitest'
import { kubectl, missing, NAMESPACE } from '../../harness/engine.ts'
import { openStage, until } from '../../harness/fixture.ts'
import { chosen, sharedNamespace } from '../options.ts'

// Seconds: the default, and what issue 7 allows on top of it.
const GRACE = 120
const MORE = 15

test.runIf(chosen().providers.includes('kubernetes'))(
  'no later start: the cluster itself removes the run within the default grace and 15 s',
  async ({ skip }) => {
    const reason = missing('kubernetes')
    if (reason) skip(reason)
    await using stage = await openStage('e2e/fixtures/lifecycle', 'kubernetes')
    const child = await stage.start([process.execPath, 'hold.mjs'], { ...sharedNamespace, LASTS_MS: '600000' })
    await until(`a run:\n${child.output()}`, () => child.output().includes('HOLDS '))
    const supervisor = await stage.supervisor()
    child.kill('SIGKILL')
    process.kill(supervisor, 'SIGKILL')
    await child.ended
    const since = performance.now()
    const left = (): string => kubectl('get', 'pods,secrets,services,jobs', '-n', NAMESPACE, '-o', 'name').stdout
    expect(left()).toMatch(/pod\/dev-\w+-web/)
    await expect.poll(left, { timeout: 1_000 * (GRACE + MORE), interval: 500 }).toBe('')
    process.stdout.write(`gone ${Math.round((performance.now() - since) / 1_000)} s after its last sign of life\n`)
    const next = await stage.start([process.execPath, 'hold.mjs'], sharedNamespace)
    expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
    await stage.clean(10_000)
  },
)
