import { spawnSync } from 'node:child_process'
import { provider } from '../../packages/provider-docker/src/provider.ts'
import { missing } from '../../e2e/harness/engine.ts'
import { dockerKinds } from '../inventory/docker.ts'
import { takeInventory } from '../inventory/inventory.ts'
import type { UnitSpec } from '@moorage/core'
import { testProvider } from '@moorage/provider-testing'

const image = 'busybox:1.37'
// Docker asks the registry itself: without the bed's, one that refuses.
const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? 'localhost:5000'
const form = (...command: string[]): Pick<UnitSpec, 'container'> => ({ container: { image, command } })
const shell = (script: string): Pick<UnitSpec, 'container'> => form('sh', '-c', script)

testProvider({
  name: 'docker',
  provider: provider({}, { root: process.cwd() }),
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
      connects: (host, port) => ['sh', '-c', `echo ping | nc -w 2 ${host} ${port}`],
    },
    separatesStreams: true,
  },
  leftovers: async () =>
    [...(await takeInventory(dockerKinds(process.env['DOCKER_HOST'] as string)))].flatMap(([kind, items]) =>
      [...items].toSorted().map((item) => `${kind} ${item}`),
    ),
  kill: (run, service) =>
    Promise.resolve(
      void spawnSync('docker', ['-H', process.env['DOCKER_HOST'] as string, 'kill', `moorage-${run}-${service}`]),
    ),
  skipReason: missing('docker'),
})
