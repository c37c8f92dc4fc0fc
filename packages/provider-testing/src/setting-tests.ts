import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  messageOf,
  type ContainerSettings,
  type ExecResult,
  type OptionProblem,
  type Provider,
  type ServiceSpec,
} from '@moorage/core/provider'
import { expect, test } from 'vitest'
import type { ContractUnits, ProviderSubject } from './provider-subject.ts'
import { echoes, type SessionUnderTest, type StartedUnit } from './session-under-test.ts'
import { SETTING_CASES, SETTING_GROUPS, type SettingCase } from './setting-cases.ts'

type Setting = keyof ContainerSettings

const SEPARATOR = '== setting '
const RESTART_TIMEOUT_MS = 30_000

/** Every setting of a container is honoured, or refused by its name before anything starts. */
export function testSettings(
  { provider, units, mayLack = [] }: ProviderSubject,
  current: () => SessionUnderTest,
): void {
  test('settings: each one is honoured, or refused by its name', async () => {
    const { start, abort } = current()
    const found = await Promise.all(
      SETTING_GROUPS.map(async (group, i) => {
        const cases = group.map((setting) => [setting, SETTING_CASES[setting] as SettingCase] as const)
        const refusals = await Promise.all(
          cases.map(async ([setting, { settings }]) => [setting, await refusalOf(provider, settings)] as const),
        )
        const refused = new Map(refusals.filter(([, problems]) => problems.length))
        for (const [setting, problems] of refused)
          expect(problems, setting).toEqual([
            { at: expect.stringMatching(`^${setting}`), reason: expect.any(String), fix: expect.stringMatching(/\.$/) },
          ])
        let honoured = cases.filter(([setting]) => !refused.has(setting))
        const startHonoured = async (): Promise<StartedUnit> => {
          const settings = Object.assign({}, ...honoured.map(([, each]) => each.settings)) as ContainerSettings
          try {
            return await startWith(start, units, { name: `s${i}`, settings })
          } catch (error) {
            const lacking = mayLack.find((setting) => messageOf(error).startsWith(`services.s${i}.${setting}: `))
            if (lacking === undefined || !Object.hasOwn(settings, lacking)) throw error
            honoured = honoured.filter(([setting]) => setting !== lacking)
            return await startHonoured()
          }
        }
        const { unit } = await startHonoured()
        const script = honoured.map(([setting, each]) => `echo '${SEPARATOR}${setting}'; (${each.script}) 2>&1`)
        const { stdout } = await runScript(unit, `${script.join('\n')}\ntrue`, abort.signal)
        return honoured.map(([setting, { shows }]) => {
          const output = (stdout.split(`${SEPARATOR}${setting}\n`)[1] ?? '').split(SEPARATOR)[0] ?? ''
          return [setting, shows(output) ? 'honoured' : output] as const
        })
      }),
    )
    for (const [setting, outcome] of found.flat()) expect.soft(outcome, setting).toBe('honoured')
  })

  test('settings: names, networks and volumes are shared between services, or refused', async () => {
    const { start, abort } = current()
    const wanted = {
      server: {
        aliases: ['other'],
        networks: { default: {}, back: { aliases: ['behind'] } },
        volumes: { '/shared': { volume: 'data' } },
      },
      client: { networks: { back: {} }, volumes: { '/reading': { volume: 'data', readOnly: true } } },
    } as const
    const server = await honouredOf(provider, wanted.server, wanted.client)
    const client = await honouredOf(provider, wanted.client, wanted.server)
    const a = await startWith(start, units, { name: 'a', settings: server })
    await echoes(a)
    const b = await startWith(start, units, { name: 'b', settings: client })
    const names = ['a', ...(server.aliases ?? []), ...(server.networks?.['back']?.aliases ?? [])]
    for (const name of names) {
      // A name can take a moment to be known.
      const ping = `echo ping | nc -w 2 ${name} ${a.port}`
      const { stdout } = await runScript(
        b.unit,
        `for i in $(seq 50); do ${ping} && break; sleep 0.2; done`,
        abort.signal,
      )
      expect(stdout, name).toContain('ping')
    }
    if (!server.volumes || !client.volumes) return
    await runScript(a.unit, 'echo shared > /shared/x', abort.signal)
    const { stdout, stderr } = await runScript(b.unit, 'cat /reading/x; touch /reading/y', abort.signal)
    expect(`${stdout}${stderr}`).toMatch(/^shared\n.*Read-only/)
  })

  test('settings: a service that the engine restarts is not lost and keeps its port, or the setting is refused', async () => {
    const { start, abort } = current()
    const settings = await honouredOf(provider, {
      restart: 'on-failure',
      volumes: { '/state': { volume: 'state' } },
    })
    if (settings.restart === undefined || !settings.volumes) return
    const { port, unit } = await startWith(start, units, {
      name: 'a',
      settings,
      before: 'if [ ! -e /state/once ]; then touch /state/once; sleep 1; exit 3; fi',
    })
    const address = await unit.endpoint(port, 'host')
    let ended = false
    void unit.exited.then(() => (ended = true))
    const until = performance.now() + RESTART_TIMEOUT_MS
    while (performance.now() < until && (await echoes({ unit, port })) !== 'ping') await sleep(100)
    expect(await echoes({ unit, port })).toBe('ping')
    expect(await unit.endpoint(port, 'host')).toEqual(address)
    expect(ended).toBe(false)
    const followed: string[] = []
    for await (const { text } of unit.logs({ follow: true, signal: abort.signal })) {
      followed.push(text)
      if (text === 'listening') break
    }
    expect(followed).toContain('listening')
  })

  test('settings: tests dial the fixed port of this machine, or the setting is refused', async () => {
    const { start } = current()
    const settings = await honouredOf(provider, { hostPorts: { main: await freePort() } })
    if (!settings.hostPorts) return
    const a = await startWith(start, units, { name: 'a', settings })
    expect((await a.unit.endpoint(a.port, 'host')).port).toBe(settings.hostPorts['main'])
    expect(await echoes(a)).toBe('ping')
  })
}

/** `other`: the settings of another service of the run. */
async function refusalOf(
  provider: Provider,
  settings: ContainerSettings,
  other: ContainerSettings = {},
): Promise<readonly OptionProblem[]> {
  const specOf = (own: ContainerSettings): ServiceSpec => ({
    preset: 'container',
    ports: { main: 7000 },
    container: { image: 'x', connection: {}, ...own },
  })
  const spec = specOf(settings)
  return (await provider.check?.('a', spec, { a: spec, b: specOf(other) })) ?? []
}

/** The settings that the provider honours. */
async function honouredOf(
  provider: Provider,
  settings: ContainerSettings,
  other?: ContainerSettings,
): Promise<ContainerSettings> {
  const entries = await Promise.all(
    (Object.keys(settings) as Setting[]).map(
      async (setting) => [setting, await refusalOf(provider, { [setting]: settings[setting] }, other)] as const,
    ),
  )
  return Object.fromEntries(
    entries.filter(([, problems]) => !problems.length).map(([setting]) => [setting, settings[setting]]),
  )
}

interface SettingUnit {
  readonly name: string
  readonly settings: ContainerSettings
  /** A script that its main process runs first. */
  readonly before?: string
}

/** Starts the echo unit with further settings. */
function startWith(
  start: SessionUnderTest['start'],
  units: ContractUnits,
  { name, settings, before }: SettingUnit,
): Promise<StartedUnit> {
  return start(name, (port) => {
    const { container } = units.echo(port)
    if (!container) return units.echo(port)
    const command = container.command?.map((part, i, all) =>
      before && i === all.length - 1 ? `${before}; ${part}` : part,
    )
    return { container: { ...container, ...(command ? { command } : {}), ...settings } }
  })
}

async function runScript(unit: StartedUnit['unit'], script: string, signal: AbortSignal): Promise<ExecResult> {
  return (await unit.exec?.(['sh', '-c', script], signal)) ?? { code: -1, stdout: '', stderr: '' }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
