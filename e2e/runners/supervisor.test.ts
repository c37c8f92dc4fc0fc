import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { missing, providers } from '../harness/engine.ts'
import { moorage, openStage, reached, until, vitest } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/lifecycle'

describe.each(providers())('on %s', (provider) => {
  test('a killed supervisor: its client removes what it left, and says so', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    await using stage = await openStage(folder, provider)
    const child = await stage.start(vitest(folder), { LASTS_MS: '3000' })
    await until('tests', reached('tests', stage, child))
    process.kill(await stage.supervisor(), 'SIGKILL')
    await child.ended
    await stage.clean(5_000)
    expect(child.output()).toContain('The supervisor was killed and its services are gone.')
  })

  test('supervisor and client killed together: the next start removes what they left', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    await using stage = await openStage(folder, provider)
    const child = await stage.start(vitest(folder), { LASTS_MS: '60000' })
    await until('tests', reached('tests', stage, child))
    const supervisor = await stage.supervisor()
    child.kill('SIGKILL')
    process.kill(supervisor, 'SIGKILL')
    await child.ended
    await expect(stage.clean(0)).rejects.toThrow('left behind')
    const next = await stage.start(moorage(folder, 'exec', '--', 'true'))
    expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
    await stage.clean(5_000)
  })
})

test.each(providers('process'))(
  'a killed supervisor: a pending dispose settles when everything is gone, and nothing else keeps its process alive',
  async () => {
    await using stage = await openStage(folder, 'process')
    const child = await stage.start([process.execPath, 'hold.mjs'], { LASTS_MS: '0', HOLDS_UNTIL: stage.runsFile })
    await until('a run', () => child.output().includes('HOLDS '))
    process.kill(await stage.supervisor(), 'SIGKILL')
    writeFileSync(stage.runsFile, '')
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toContain('DISPOSED')
    // The watcher that has killed the unit ends after it.
    await stage.clean(1_000)
  },
)

test.each(providers('process'))('ten clients at once, 25 rounds: one supervisor each', async () => {
  await using stage = await openStage(folder, 'process')
  for (let round = 0; round < 25; round++) {
    const script = `for i in 1 2 3 4 5 6 7 8 9 10; do ${process.execPath} join.mjs < "$1" & done; wait`
    const pipe = `${stage.world.folder}/pipe-${round}`
    const child = await stage.start([
      'sh',
      '-c',
      `mkfifo "$1"; (${script}) & sleep 600 > "$1" & echo $! > "$1.holder"; wait %1`,
      'round',
      pipe,
    ])
    const runs = (): readonly string[] =>
      child
        .output()
        .split('\n')
        .filter((line) => line.startsWith('dev-'))
    await until(`round ${round}: ten clients`, () => runs().length === 10 || /Error/.test(child.output()))
    expect(new Set(runs()).size, child.output()).toBe(1)
    process.kill(Number((await import('node:fs')).readFileSync(`${pipe}.holder`, 'utf8')), 'SIGKILL')
    await child.ended
    await stage.clean(5_000)
  }
})
