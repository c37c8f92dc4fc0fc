import type { UnitSpec } from '@moorage/core'
import { createEngine, inMemory } from './in-memory/provider.ts'
import { testProvider } from '@moorage/provider-testing'

const engine = createEngine()
const form = (...command: string[]): Pick<UnitSpec, 'process'> => ({
  process: { command, options: {}, secrets: {}, cwd: '/' },
})

testProvider({
  name: 'in-memory',
  provider: inMemory(engine),
  units: {
    echo: () => form('echo'),
    output: form('output'),
    crash: form('crash'),
    silent: form('silent'),
    absent: { ...form('absent'), code: 'PROGRAM_NOT_FOUND', text: /^services\.a: there is no such life\./ },
    commands: {
      succeeds: ['succeeds'],
      fails: ['fails'],
      absent: ['absent'],
      connects: (host, port) => ['connects', host, String(port)],
    },
    separatesStreams: true,
  },
  kill: (run, service) =>
    Promise.resolve(engine.units.get(`${run}/${service}`)?.end({ reason: 'exited', signal: 'SIGKILL' })),
  leftovers: () => Promise.resolve([...engine.units.keys()]),
})
