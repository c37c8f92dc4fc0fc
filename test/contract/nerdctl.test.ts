import type { UnitSpec } from '@moorage/core'
import { testProvider } from '@moorage/provider-testing'
import { missingNerdctl, nerdctl, nerdctlEnvironment, nerdctlObjects } from '../../e2e/harness/nerdctl.ts'
import { provider } from '../../packages/provider-nerdctl/src/provider.ts'

const program = process.env['MOORAGE_TESTBED_NERDCTL'] ?? 'nerdctl'
process.env['NERDCTL_TOML'] = nerdctlEnvironment['NERDCTL_TOML']
const image = 'busybox:1.37'
const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? 'localhost:5000'
const form = (...command: string[]): Pick<UnitSpec, 'container'> => ({ container: { image, command } })
const shell = (script: string): Pick<UnitSpec, 'container'> => form('sh', '-c', script)

testProvider({
  name: 'nerdctl',
  provider: provider({ program }),
  units: {
    echo: (port) => shell(`echo listening; echo warned >&2; exec nc -ll -p ${port} -e cat`),
    output: shell(`echo out; head -c 100000 /dev/zero | tr '\\0' x; echo; printf last`),
    crash: shell('echo broken >&2; exit 3'),
    silent: form('sleep', '1000'),
    absent: {
      container: { image: `${registry}/no-such-image:1` },
      code: 'IMAGE_NOT_FOUND',
      text: /^services\.a\.image: there is no image \S+\/no-such-image:1 that containerd can pull\./,
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
  leftovers: () => Promise.resolve(nerdctlObjects()),
  // A start of nerdctl comes before each sight of an end.
  exitWithinMs: 2_000,
  kill: (run, service) => Promise.resolve(void nerdctl('kill', `moorage-${run}-${service}`)),
  skipReason: missingNerdctl(),
})
