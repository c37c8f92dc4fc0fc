import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { missing, type ProviderName } from '../../harness/engine.ts'
import { openStage, until } from '../../harness/fixture.ts'
import { chosen } from '../options.ts'

const { providers } = chosen()
const SECONDS = 30

test.for<ProviderName>(providers)(
  'on %s, the supervisor is stopped for 30 s: the run goes on afterwards, and nothing is left',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    await using stage = await openStage('e2e/fixtures/lifecycle', provider)
    const child = await stage.start([process.execPath, 'hold.mjs'], { HOLDS_UNTIL: stage.runsFile, LASTS_MS: '500' })
    await until(`a run:\n${child.output()}`, () => child.output().includes('HOLDS '))
    const supervisor = await stage.supervisor()
    process.kill(supervisor, 'SIGSTOP')
    await sleep(SECONDS * 1_000)
    process.kill(supervisor, 'SIGCONT')
    writeFileSync(stage.runsFile, '')
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    await stage.clean(10_000)
  },
)
