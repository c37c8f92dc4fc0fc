import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, HostPortProxies, type OptionProblem } from '@moorage/core/provider'
import type { Credentials } from './cluster/renewing-credentials.ts'
import type { RunNamespace } from './lifetime/run-namespace.ts'

/** Why pods cannot connect to this machine; undefined inside a pod of the cluster. */
export function hostAccessProblem({ inCluster }: Credentials): Omit<OptionProblem, 'at'> | undefined {
  if (inCluster) return undefined
  return {
    reason: 'this machine is not a pod of the cluster, so no pod can connect to it',
    fix: "Run that service in the cluster as well (npmServer has placement: 'provider'), or run the tests in a pod.",
  }
}

// A pod may connect before its node has reported the pod's address.
const ADDRESS_WAIT_MS = 5_000
const ADDRESS_POLL_INTERVAL_MS = 20

/** Proxies that listen on the address of this pod, and accept connections only from pods of the run. */
export function hostPortProxies(credentials: Credentials, namespace: Promise<RunNamespace>): HostPortProxies {
  return new HostPortProxies(async () => {
    const { informer } = await namespace
    const admits = async (address: string): Promise<boolean> => {
      const deadline = performance.now() + ADDRESS_WAIT_MS
      for (; !informer.hasAddress(address); await sleep(ADDRESS_POLL_INTERVAL_MS))
        if (performance.now() > deadline) return false
      return true
    }
    return { host: await ownAddress(credentials), admits }
  })
}

/** The local address of a connection to the API server, because a pod may have several addresses. */
function ownAddress({ server }: Credentials): Promise<string> {
  const { hostname, port, protocol } = new URL(server)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'http:' ? 80 : 443)),
    })
    socket.once('connect', () => {
      const { localAddress } = socket
      socket.destroy()
      resolve(localAddress as string)
    })
    socket.once('error', (cause) =>
      reject(
        new MoorageError(
          'PROVIDER_LOST',
          `The Kubernetes API at ${server} does not answer, so the address of this pod is unknown.`,
          { provider: 'kubernetes', cause },
        ),
      ),
    )
  })
}
