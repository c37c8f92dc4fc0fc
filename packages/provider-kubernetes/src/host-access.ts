import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, HostPortProxies, type OptionProblem } from '@moorage/core/provider'
import type { Credentials } from './cluster/credentials.ts'
import type { RunNamespace } from './lifetime/run-namespace.ts'

/** Pods can dial the supervisor's pod; a machine outside of the cluster they cannot. */
export function hostProblem({ inCluster }: Credentials): Omit<OptionProblem, 'at'> | undefined {
  if (inCluster) return undefined
  return {
    reason: 'this machine is no pod of the cluster, so no pod can dial it',
    fix: "Run that service in the cluster as well (npmServer has placement: 'provider'), or the tests in a pod.",
  }
}

// Milliseconds until a pod's address is known; it may dial before its node has told it.
const KNOWN = 5_000

/** On the address of the pod that this runs in, and for the pods of the run alone. */
export function hostPortProxies(credentials: Credentials, place: Promise<RunNamespace>): HostPortProxies {
  return new HostPortProxies(async () => {
    const { observed } = await place
    const admits = async (address: string): Promise<boolean> => {
      for (const until = performance.now() + KNOWN; !observed.hasAddress(address); await sleep(20))
        if (performance.now() > until) return false
      return true
    }
    return { host: await ownAddress(credentials), admits }
  })
}

/** The address with which this pod meets the API server: a pod may have several. */
function ownAddress({ server }: Credentials): Promise<string> {
  const { hostname, port, protocol } = new URL(server)
  return new Promise((done, fail) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'http:' ? 80 : 443)),
    })
    socket.once('connect', () => {
      const { localAddress } = socket
      socket.destroy()
      done(localAddress as string)
    })
    socket.once('error', (cause) =>
      fail(
        new MoorageError(
          'PROVIDER_LOST',
          `The API server ${server} does not answer, so this pod's own address is not known.`,
          { provider: 'kubernetes', cause },
        ),
      ),
    )
  })
}
