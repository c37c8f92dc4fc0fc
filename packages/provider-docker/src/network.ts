import { existsSync } from 'node:fs'
import type { Report, Run } from '@moorage/core'
import type { Client } from './client.ts'
import { labelsOf } from './labels.ts'

export interface RunNetwork {
  readonly id: string
  readonly name: string
  /** Where published ports are bound, and where this machine reaches them. */
  readonly bind: string
  readonly reach: string
}

/** A network of the run's own: services find each other by name, and nobody else finds them. */
export async function openNetwork({ engine, host }: Client, run: Run, report: Report): Promise<RunNetwork> {
  const name = `moorage-${run.id}`
  report.journal({ kind: 'network', name })
  const network = await engine.createNetwork({ Name: name, Labels: labelsOf(run), CheckDuplicate: true })
  const remote = remoteHost(host)
  if (remote !== undefined) {
    report.notice(`The Docker engine is on ${remote}: ports are published there on all its addresses.`)
    return { id: network.id, name, bind: '', reach: remote }
  }
  const gateway = inContainer() && !isOurs(network.id) ? (await network.inspect()).IPAM?.Config?.[0]?.Gateway : undefined
  if (gateway === undefined) return { id: network.id, name, bind: '127.0.0.1', reach: '127.0.0.1' }
  report.notice(`This is a container beside the services: ports are published on the engine's gateway ${gateway}.`)
  return { id: network.id, name, bind: gateway, reach: gateway }
}

export async function closeNetwork({ engine }: Client, network: RunNetwork | undefined): Promise<void> {
  if (!network) return
  await engine.getNetwork(network.id).remove().catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404) throw error
  })
}

function remoteHost(host: string): string | undefined {
  if (/^(unix|npipe):/.test(host)) return undefined
  const { hostname } = new URL(host.replace(/^tcp:/, 'http:'))
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? undefined : hostname
}

function inContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv')
}

/** The engine makes a bridge for the network: where we see it, its loopback is ours as well. */
function isOurs(id: string): boolean {
  return existsSync(`/sys/class/net/br-${id.slice(0, 12)}`)
}
