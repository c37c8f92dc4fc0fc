import { spawnSync } from 'node:child_process'
import type { UnitSpec } from '@moorage/core'
import type { ProviderSubject } from '@moorage/provider-testing'
import { provider } from '../../packages/provider-docker/src/provider.ts'
import { dockerKinds } from '../inventory/docker.ts'
import { takeInventory } from '../inventory/inventory.ts'

const image = 'busybox:1.37'
// The engine asks the registry itself: without the bed's, one that refuses.
const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? 'localhost:5000'
const form = (...command: string[]): Pick<UnitSpec, 'container'> => ({ container: { image, command } })
const shell = (script: string): Pick<UnitSpec, 'container'> => form('sh', '-c', script)

interface EngineUnderTest {
  readonly name: string
  readonly host: string
  readonly skipReason: string | undefined
}

/** The contract suite on one engine that speaks Docker's API. */
export function dockerSubject({ name, host, skipReason }: EngineUnderTest): ProviderSubject {
  return {
    name,
    provider: provider({ host }, { root: process.cwd() }),
    units: {
      echo: (port) => shell(`echo listening; echo warned >&2; exec nc -ll -p ${port} -e cat`),
      output: shell(`echo out; head -c 100000 /dev/zero | tr '\\0' x; echo; printf last`),
      crash: shell('echo broken >&2; exit 3'),
      silent: form('sleep', '1000'),
      absent: {
        container: { image: `${registry}/no-such-image:1` },
        code: 'IMAGE_NOT_FOUND',
        text: /^services\.a\.image: there is no image \S+\/no-such-image:1 that the engine can pull\./,
      },
      commands: {
        succeeds: ['sh', '-c', 'echo to out; echo to err >&2'],
        fails: ['sh', '-c', 'exit 7'],
        absent: ['no-such-program'],
        floods: ['yes'],
        shell: true,
        connects: (target, port) => ['sh', '-c', `echo ping | nc -w 2 ${target} ${port}`],
      },
      separatesStreams: true,
    },
    leftovers: async () =>
      [...(await takeInventory(dockerKinds(host)))].flatMap(([kind, items]) =>
        [...items].toSorted().map((item) => `${kind} ${item}`),
      ),
    kill: (run, service) =>
      Promise.resolve(void spawnSync('docker', ['-H', host, 'kill', `moorage-${run}-${service}`])),
    // On a machine whose root lacks capabilities, and for a Podman without catatonit.
    mayLack: ['privileged', 'ulimits', 'init'],
    skipReason,
  }
}

/** Why one of the test bed's further engines cannot be used; undefined when it can. In CI the test bed offers them. */
export function missingEngine(variable: string): string | undefined {
  const host = process.env[variable]
  if (host !== undefined && spawnSync('docker', ['-H', host, 'version'], { stdio: 'ignore' }).status === 0)
    return undefined
  if (process.env['CI'] === 'true') throw new RangeError(`CI runs with the test bed: nothing answers at ${variable}`)
  return `no engine: ${variable} is not set, or nothing answers there (npm run testbed -- up)`
}
