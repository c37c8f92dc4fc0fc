import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './result.ts'
import { answering, freePort, script } from './subject.ts'

const config = (): string => process.env['MOORAGE_TESTBED_KUBECONFIG'] ?? ''
const kubectl = (): string => process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl'

/** From the start of a process to a MongoDB that answers at its URL, in a namespace of its own. */
export const kubernetesStart: Bench = {
  name: 'kubernetes-start',
  title: 'Kubernetes: one mongo:6.0 in a new namespace, from the start of the process to an answering URL',
  subjects: {
    'kubectl script': async () =>
      start('kubectl script', [
        'sh',
        'e2e/bench/baselines/kubectl-start.sh',
        String(await freePort()),
        config(),
        kubectl(),
      ]),
    moorage: () => start('moorage', [process.execPath, 'e2e/bench/subjects/mongodb-kubernetes.mjs']),
  },
  targets: [{ subject: 'moorage', beside: 'kubectl script', limit: 0.9 }],
}

async function start(name: string, argv: readonly string[]): Promise<{ [row: string]: number }> {
  const since = performance.now()
  const child = script(argv, { KUBECONFIG: config() })
  const { url } = await child.said()
  await answering(String(url))
  const ready = performance.now() - since
  await child.end()
  // The next sample must not share the machine with this one's end.
  await sleep(3_000)
  return { [name]: ready }
}
