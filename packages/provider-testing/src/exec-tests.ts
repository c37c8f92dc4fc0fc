import { expect, test } from 'vitest'
import { isMoorageError } from '@moorage/core/provider'
import type { ContractCommands, ProviderSubject } from './provider-subject.ts'
import { echoes, type SessionUnderTest } from './session-under-test.ts'

/** Commands in units, and the network between them. */
export function testExec(
  { units }: ProviderSubject,
  commands: ContractCommands,
  current: () => SessionUnderTest,
): void {
  test('siblings reach each other by the network address', async () => {
    const { start, abort } = current()
    const a = await start('a', units.echo)
    const b = await start('b', units.echo)
    await echoes(b)
    const { host, port } = await b.unit.endpoint(b.port, 'network')
    const result = await a.unit.exec?.(commands.connects(host, port), abort.signal)
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('ping') })
  })

  test('exec: exit code, stdout and stderr; a failure; a missing command', async () => {
    const { start, abort } = current()
    const { unit } = await start('a', units.echo)
    expect(await unit.exec?.(commands.succeeds, abort.signal)).toEqual({
      code: 0,
      stdout: 'to out\n',
      stderr: 'to err\n',
    })
    expect(await unit.exec?.(commands.fails, abort.signal)).toMatchObject({ code: 7 })
    expect((await unit.exec?.(commands.absent, abort.signal))?.code).toBeGreaterThanOrEqual(126)
  })

  test.skipIf(!commands.floods)('exec: a command that writes without end is stopped with an error', async () => {
    const { start, abort } = current()
    const { unit } = await start('a', units.echo)
    const error = await unit.exec?.(commands.floods ?? [], abort.signal).catch((caught: unknown) => caught)
    expect(isMoorageError(error) && `${error.code} ${error.message}`).toMatch(
      /^USAGE exec: '.+' wrote more than 8 MiB and was stopped\./,
    )
  })
}
