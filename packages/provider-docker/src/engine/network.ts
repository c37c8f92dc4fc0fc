import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, MoorageError, type Report, type Run } from '@moorage/core/provider'
import { isConnectionLost, toProviderError } from '../errors.ts'
import { runLabels } from '../labels.ts'
import type { Engine } from './engine-address.ts'
import { freeSubnets } from './free-subnets.ts'
import { expectSuccess, type CallEngine, type EngineRequest, type EngineResponse } from './call-engine.ts'

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

export interface NetworkOptions {
  readonly run: Run
  readonly report: Report
  /** What the config calls it. Default: the run's own network. */
  readonly name?: string
}

/** Creates a network of the run: its services find each other by name, and containers of other runs do not. */
export function createNetwork(engine: Engine, options: NetworkOptions): NetworkCreation {
  const sent = Promise.withResolvers<void>()
  return { requestSent: sent.promise, network: requestNetwork(engine, options, sent.resolve) }
}

async function requestNetwork(
  engine: Engine,
  { run, report, name: networkName }: NetworkOptions,
  onSent: () => void,
): Promise<RunNetwork> {
  const { host } = engine
  const name = networkName === undefined ? `moorage-${run.id}` : `moorage-${run.id}-${networkName}`
  report.journal({ kind: 'network', name, host })
  const id = await createWithFreeSubnet(engine, { Name: name, Labels: runLabels(run), CheckDuplicate: true }, onSent)
  report.journal({ kind: 'network', id, host })
  const remote = remoteHost(host)
  // Said once for the run.
  const notice = (text: string): void => (networkName === undefined ? report.notice(text) : undefined)
  if (remote !== undefined) {
    notice(`The Docker engine is on ${remote}: ports are published there on all its addresses.`)
    return { id, name, bindAddress: '', dialAddress: remote, hasLocalBridge: false }
  }
  const hasLocalBridge = existsSync(`/sys/class/net/br-${id.slice(0, 12)}`)
  const gateway = runsInContainer() && !hasLocalBridge ? (await readSubnet(engine, id))?.Gateway : undefined
  if (gateway === undefined) return { id, name, bindAddress: '127.0.0.1', dialAddress: '127.0.0.1', hasLocalBridge }
  notice(`moorage runs in a container beside the services, so ports are published on the engine's gateway ${gateway}.`)
  return { id, name, bindAddress: gateway, dialAddress: gateway, hasLocalBridge }
}

/**
 * Removes the network. Where the answer to its creation was lost, finds it by its labels. Throws `MoorageError`
 * (PROVIDER_LOST).
 */
export async function removeNetwork(engine: Engine, run: Run, network?: RunNetwork): Promise<void> {
  for (const id of network ? [network.id] : await findNetworkIds(engine, run)) {
    try {
      await deleteNetwork(engine.call, id)
    } catch (error) {
      if (isConnectionLost(error)) throw error
      throw new MoorageError(
        'PROVIDER_LOST',
        `The Docker engine did not remove the network of the run: ${messageOf(error)}`,
        {
          provider: 'docker',
          cause: error,
        },
      )
    }
  }
}

/**
 * Removes a network. The engine can count a container as attached for a moment after it has removed it, so that refusal
 * is tried again for 2 s. A network that is already gone is no error.
 */
export async function deleteNetwork(call: CallEngine, id: string): Promise<void> {
  const deadline = AbortSignal.timeout(DETACH_TIMEOUT_MS)
  for (;;) {
    const response = await call({ method: 'DELETE', path: `/networks/${id}` })
    if (!isRefused(response, /active endpoints|being used|in use/i) || deadline.aborted)
      return void (await expectSuccess(Promise.resolve(response), 404))
    await sleep(DETACH_INTERVAL_MS)
  }
}

const DETACH_TIMEOUT_MS = 2_000
const DETACH_INTERVAL_MS = 50

async function findNetworkIds(engine: Engine, run: Run): Promise<readonly string[]> {
  const label = Object.entries(runLabels(run)).map(([name, value]) => `${name}=${value}`)
  const { text } = await expectSuccess(
    engine.call({ method: 'GET', path: `/networks?filters=${encodeURIComponent(JSON.stringify({ label }))}` }),
  )
  return (JSON.parse(text) as readonly { readonly Id: string }[]).map(({ Id }) => Id)
}

/**
 * Creates a network. An engine has few address ranges of its own, some thirty with its default settings; when they are
 * used up, the network gets a small one that moorage chooses.
 */
async function createWithFreeSubnet(engine: Engine, body: object, onSent: () => void): Promise<string> {
  const create = (fields: object): Promise<EngineResponse> =>
    callForNetwork(engine, { method: 'POST', path: '/networks/create', body: { ...body, ...fields }, onSent })
  let response = await create({})
  if (isRefused(response, POOLS_USED_UP)) {
    for (const { subnet, gateway } of freeSubnets()) {
      response = await create({ IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] } })
      // Another network has it by now.
      if (!isRefused(response, SUBNET_TAKEN)) break
    }
  }
  return (JSON.parse(expectNetwork(response)) as { Id: string }).Id
}

// Source: moby, libnetwork/ipamapi and ipam ("could not find an available, non-overlapping IPv4 address pool", "all
// predefined address pools have been fully subnetted"); Podman: "could not find free subnet from subnet pools".
const POOLS_USED_UP = /non-overlapping IPv4 address pool|fully subnetted|could not find free subnet/i
// Source: moby, "Pool overlaps with other one on this address space"; Podman: "subnet … is already used".
const SUBNET_TAKEN = /overlaps|conflicts with network|already (used|in use)/i

function isRefused({ status, text }: EngineResponse, refusal: RegExp): boolean {
  return status >= 300 && refusal.test(text)
}

/** Throws `MoorageError` (PROVIDER_LOST) when the engine does not answer. */
async function callForNetwork(engine: Engine, request: EngineRequest): Promise<EngineResponse> {
  return await engine.call(request).catch((error: unknown) => {
    throw toProviderError(error, engine.host, { phase: 'admit' })
  })
}

function expectNetwork({ status, text }: EngineResponse): string {
  if (status < 300) return text
  throw new MoorageError('START_FAILED', `The Docker engine did not create a network for the run: ${text.trim()}`, {
    provider: 'docker',
    phase: 'admit',
    hint: 'If its address ranges are used up, remove unused networks: docker network prune.',
  })
}

/** The first address range of a network, and the engine's own address in it. */
export async function readSubnet(
  engine: Engine,
  id: string,
): Promise<{ readonly Gateway?: string; readonly Subnet?: string } | undefined> {
  const text = expectNetwork(await callForNetwork(engine, { method: 'GET', path: `/networks/${id}` }))
  return (JSON.parse(text) as { IPAM?: { Config?: { Gateway?: string; Subnet?: string }[] } }).IPAM?.Config?.[0]
}

/** The engine's host name or address; undefined when the engine is on this machine. */
export function remoteHost(host: string): string | undefined {
  if (/^(unix|npipe):/.test(host)) return undefined
  const { hostname } = new URL(host.replace(/^tcp:/, 'http:'))
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? undefined : hostname.replace(/^\[(.*)\]$/, '$1')
}

function runsInContainer(): boolean {
  return existsSync('/.dockerenv') || existsSync('/run/.containerenv')
}

/** Attaches a container that does not run yet to a further network. */
export async function joinNetwork(
  call: CallEngine,
  { id }: RunNetwork,
  { containerId, aliases }: { readonly containerId: string; readonly aliases: readonly string[] },
): Promise<void> {
  const body = { Container: containerId, EndpointConfig: { Aliases: aliases } }
  await expectSuccess(call({ method: 'POST', path: `/networks/${id}/connect`, body }))
}
