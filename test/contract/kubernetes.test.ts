import { spawnSync } from 'node:child_process'
import type { JsonObject, UnitSpec } from '@moorage/core'
import { provider } from '../../packages/provider-kubernetes/src/provider.ts'
import { kubeconfig, kubectl, missing, NAMESPACE } from '../../e2e/harness/engine.ts'
import { testProvider } from '@moorage/provider-testing'

const image = 'busybox:1.37'
const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? '127.0.0.1:5000'
const form = (...command: string[]): Pick<UnitSpec, 'container'> => ({
  container: { image, command, user: '1000:1000' },
})
const shell = (script: string): Pick<UnitSpec, 'container'> => form('sh', '-c', script)

const modes: readonly { readonly user: string; readonly options: JsonObject }[] = [
  { user: 'admin', options: { mode: 'create' } },
  { user: 'shared', options: { namespace: NAMESPACE } },
]

for (const { user, options } of modes) {
  testProvider({
    name: `kubernetes as ${user}, ${JSON.stringify(options)}`,
    provider: provider({ context: 'testbed', kubeconfig: kubeconfig(user), ...options }, { root: process.cwd() }),
    units: {
      echo: (port) => shell(`echo listening; echo warned; exec nc -ll -p ${port} -e cat`),
      output: shell(`echo out; head -c 100000 /dev/zero | tr '\\0' x; echo; printf last`),
      crash: shell('echo broken; exit 3'),
      silent: form('sleep', '1000'),
      absent: {
        container: { image: `${registry}/no-such-image:1` },
        code: 'IMAGE_NOT_FOUND',
        text: /^services\.a\.image: the cluster cannot find image \S+\/no-such-image:1\./,
      },
      commands: {
        succeeds: ['sh', '-c', 'echo to out; echo to err >&2'],
        fails: ['sh', '-c', 'exit 7'],
        absent: ['no-such-program'],
        floods: ['yes'],
        shell: true,
        connects: (host, port) => ['sh', '-c', `echo ping | nc -w 2 ${host} ${port}`],
      },
      separatesStreams: false,
    },
    leftovers: () =>
      Promise.resolve(
        objects()
          .filter(({ going }) => !going)
          .map(({ name }) => name),
      ),
    removals: () => Promise.resolve(objects().map(({ name }) => name)),
    // A kubelet looks at its containers once a second (its PLEG's relist period), and knows no exit code before.
    exitWithinMs: 2_000,
    kill(run, service) {
      const containerd = ['-a', process.env['MOORAGE_TESTBED_CONTAINERD'] as string, '-n', 'k8s.io']
      const [namespace, pod] = options['namespace'] ? [NAMESPACE, `${run}-${service}`] : [run, service]
      const labels = { namespace: `pod.namespace`, pod: 'pod.name', container: 'container.name' }
      const filters = [
        `${labels.namespace}"==${namespace}`,
        `${labels.pod}"==${pod}`,
        `${labels.container}"==main`,
      ].map((rest) => `labels."io.kubernetes.${rest}`)
      const id = spawnSync('ctr', [...containerd, 'containers', 'ls', '-q', filters.join(',')], {
        encoding: 'utf8',
      }).stdout.trim()
      spawnSync('ctr', [...containerd, 'tasks', 'kill', '-s', 'SIGKILL', id])
      return Promise.resolve()
    },
    skipReason: missing('kubernetes'),
  })
}

/**
 * What of this comes and goes with runs; a thing goes from the moment on when its deletion, or its namespace's, is
 * accepted.
 */
function objects(): readonly { readonly name: string; readonly going: boolean }[] {
  const columns = 'K:.kind,S:.metadata.namespace,N:.metadata.name,D:.metadata.deletionTimestamp'
  const rows = kubectl(
    'get',
    'namespaces,jobs,pods,services,secrets,configmaps',
    '-A',
    '--no-headers',
    '-o',
    `custom-columns=${columns}`,
  )
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  const ending = rows
    .filter(([kind, , , deleted]) => kind === 'Namespace' && deleted !== '<none>')
    .map(([, , name]) => name)
  return rows.map(([kind, space, name, deleted]) => ({
    name: `${kind} ${space} ${name}`,
    going: deleted !== '<none>' || ending.includes(space),
  }))
}
