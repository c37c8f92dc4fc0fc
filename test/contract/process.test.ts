import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { UnitSpec } from '@moorage/core'
import { provider } from '../../packages/provider-process/src/provider.ts'
import { expect } from 'vitest'
import { TEST_UNIT_PATH, testProvider } from '@moorage/provider-testing'

const form = (...command: string[]): Pick<UnitSpec, 'process'> => ({
  process: { command, options: {}, secrets: {}, cwd: process.cwd() },
})
const node = (...args: string[]): Pick<UnitSpec, 'process'> => form(process.execPath, TEST_UNIT_PATH, ...args)

testProvider({
  name: 'process',
  provider: provider(),
  units: {
    echo: (port) => node('echo', String(port)),
    output: node('output'),
    crash: node('crash'),
    silent: node('silent'),
    absent: {
      ...form('no-such-program'),
      code: 'PROGRAM_NOT_FOUND',
      text: /^services\.a: there is no program 'no-such-program' on the PATH\./,
    },
    commands: {
      succeeds: ['sh', '-c', 'echo to out; echo to err >&2'],
      fails: ['sh', '-c', 'exit 7'],
      absent: ['no-such-program'],
      floods: ['yes'],
      connects: (host, port) => [process.execPath, TEST_UNIT_PATH, 'connect', host, String(port)],
    },
    separatesStreams: true,
  },
  async kill(run, service) {
    const mark = `MOORAGE_UNIT=${run}/${service}/\0`
    const find = (): string | undefined =>
      readdirSync('/proc').find((name) => /^\d+$/.test(name) && readText(`/proc/${name}/environ`).includes(mark))
    // It carries the mark from the moment when the wrapper has become it.
    await expect.poll(find).toBeDefined()
    process.kill(Number(find()), 'SIGKILL')
  },
  leftovers: () =>
    Promise.resolve([...marked(), ...readdirSync(tmpdir()).filter((name) => name.startsWith('moorage-contract-'))]),
})

/** Every process on this machine that this suite can have started, by what it runs. */
function marked(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
      const zombie = readText(`/proc/${pid}/stat`).includes(') Z ')
      return !zombie && command.includes('test-unit-main') ? [`${pid} ${command}`] : []
    })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The process is gone.
    return ''
  }
}
