import { existsSync } from 'node:fs'
import { MoorageError, type Report, type Run } from '@moorage/core/provider'
import { toProviderError } from '../errors.ts'
import { runLabels } from '../labels.ts'
import type { Engine } from './engine.ts'
import { expectSuccess, type EngineRequest } from './http.ts'

export interface RunNetwork {
  readonly id: string
  readonly name: string
  /** The address on the engine's machine to which ports are published; empty for all its addresses. */
  readonly bindAddress: string
  /** The address at which this machine reaches published ports. */
  readonly dialAddress: string
  /** The bridge of the network is a device of this machine, so containers can be dialled at their own addresses. */
  readonly hasLocalBridge: boolean
}

interface NetworkCreation {
  /** Resolves when the request is sent, or has failed before that. */
  readonly requestSent: Promise<void>
  readonly network: Promise<RunNetwork>
}

/** Creates the run's own network: its services find each other by name, and containers of other runs do not. */
export function createNetwork(engine: Engine, run: Run, report: Report): NetworkCreation {
  const sent = Promise.withResolvers<void>()
  return { requestSent: sent.promise, network: requestNetwork(engine, { run, report, onSent: sent.resolve }) }
}

async function requestNetwork(
  engine: Engine,
  { run, report, onSent }: { readonly run: Run; readonly report: Report; readonly onSent: () => void },
): Promise<RunNetwork> {
  const { host } = engine
  const name = `moorage-${run.id}`
  report.journal({ kind: 'network', name, host })
  const body = { Name: name, Labels: runLabels(run), CheckDuplicate: true }
  const text = await callForNetwork(engine, { method: 'POST', path: '/networks/create', body, onSent })
  const { Id: id } = JSON.parse(text) as { Id: string }
  report.journal({ kind: 'network', id, host })
  const remote = remoteHost(host)
  if (remote !== undefined) {
    report.notice(`The Docker engine is on ${remote}: ports are published there on all its addresses.`)
    return { id, name, bindAddress: '', dialAddress: remote, hasLocalBridge: false }
  }
  const hasLocalBridge = existsSync(`/sys/class/net/br-${id.slice(0, 12)}`)
  const gateway = runsInContainer() && !hasLocalBridge ? (await readSubnet(engine, id))?.Gateway : undefined
  if (gateway === undefined) return { id, name, bindAddress: '127.0.0.1', dialAddress: '127.0.0.1', hasLocalBridge }
  report.notice(`This is a container beside the services: ports are published on the engine's gateway ${gateway}.`)
  return { id, name, bindAddress: gateway, dialAddress: gateway, hasLocalBridge }
}

/**
 * Removes the network. Where the answer to its creation was lost, finds it by its labels. Throws `MoorageError`
 * (PROVIDER_LOST).
 */
export async function removeNetwork(engine: Engine, run: Run, network?: RunNetwork): Promise<void> {
  for (const id of network ? [network.id] : await findNetworkIds(engine, run)) {
    const { status, text } = await engine.call({ method: 'DELETE', path: `/networks/${id}` })
    if (status >= 300 && status !== 404)
      throw new MoorageError(
        'PROVIDER_LOST',
        `The Docker engine did not remove the network of the run: ${text.trim()}`,
        { provider: 'docker' },
      )
  }
}

async function findNetworkIds(engine: Engine, run: Run): Promise<readonly string[]> {
  const label = Object.entries(runLabels(run)).map(([name, value]) => `${name}=${value}`)
  const { text } = await expectSuccess(
    engine.call({ method: 'GET', path: `/networks?filters=${encodeURIComponent(JSON.stringify({ label }))}` }),
  )
  return (JSON.parse(text) as readonly { readonly Id: string }[]).map(({ Id }) => Id)
}

async function callForNetwork(engine: Engine, request: EngineRequest): Promise<string> {
  const { status, text } = await engine.call(request).catch((error: unknown) => {
    throw toProviderError(error, engine.host, { phase: 'admit' })
  })
  if (status < 300) return text
  throw new MoorageError('START_FAILED', `The Docker engine did not create a network for the run: ${text.trim()}`, {
    provider: 'docker',
    phase: 'admit',
    hint: 'If its address pools are used up, remove unused networks: docker network prune.',
  })
}

/** The first address range of a network, and the engine's own address in it. */
export async function readSubnet(
  engine: Engine,
  id: string,
): Promise<{ readonly Gateway?: string; readonly Subnet?: string } | undefined> {
  const text = await callForNetwork(engine, { method: 'GET', path: `/networks/${id}` })
  return (JSON.parse(text) as { IPAM?: { Config?: { Gateway?: string; Subnet?: string }[] } }).IPAM?.Config?.[0]
}

/** The engine's host name; undefined when the engine is on this machine. */
export function remoteHost(host: string): string | undefined {
  if (/^(unix|npipe):/.test(host)) return undefined
  const { hostname } = new URL(host.replace(/^tcp:/, 'http:'))
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? undefined : hostname
}

function runsInContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv')
}
