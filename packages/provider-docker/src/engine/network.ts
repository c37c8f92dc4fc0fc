import { existsSync } from 'node:fs'
import { MoorageError, type Report, type Run } from '@moorage/core'
import { lostOr } from '../errors.ts'
import { accepted, call, type Call } from './find-engine.ts'
import { labelsOf } from '../labels.ts'

export interface RunNetwork {
  readonly id: string
  readonly name: string
  /** Where published ports are bound, and where this machine reaches them. */
  readonly bind: string
  readonly reach: string
  /** This machine sees the engine's bridge: containers are reached by their own addresses as well. */
  readonly direct: boolean
}

/** A network of the run's own: services find each other by name, and nobody else finds them. */
export function openNetwork(
  host: string,
  run: Run,
  report: Report,
): { readonly sent: Promise<void>; readonly network: Promise<RunNetwork> } {
  const sent = Promise.withResolvers<void>()
  return { sent: sent.promise, network: makeNetwork(host, { run, report, onSent: sent.resolve }) }
}

async function makeNetwork(
  host: string,
  { run, report, onSent }: { readonly run: Run; readonly report: Report; readonly onSent: () => void },
): Promise<RunNetwork> {
  const name = `moorage-${run.id}`
  report.journal({ kind: 'network', name, host })
  const body = { Name: name, Labels: labelsOf(run), CheckDuplicate: true }
  const network = JSON.parse(await ask(host, { method: 'POST', path: '/networks/create', body, onSent })) as {
    Id: string
  }
  report.journal({ kind: 'network', id: network.Id, host })
  const remote = remoteHost(host)
  if (remote !== undefined) {
    report.notice(`The Docker engine is on ${remote}: ports are published there on all its addresses.`)
    return { id: network.Id, name, bind: '', reach: remote, direct: false }
  }
  const direct = isOurs(network.Id)
  const gateway = inContainer() && !direct ? (await rangeOf(host, network.Id))?.Gateway : undefined
  if (gateway === undefined) return { id: network.Id, name, bind: '127.0.0.1', reach: '127.0.0.1', direct }
  report.notice(`This is a container beside the services: ports are published on the engine's gateway ${gateway}.`)
  return { id: network.Id, name, bind: gateway, reach: gateway, direct }
}

/** By its labels where the answer to its creation was lost. */
export async function closeNetwork(host: string, run: Run, made?: RunNetwork): Promise<void> {
  for (const id of made ? [made.id] : await idsOf(host, run)) {
    const { status, text } = await call(host, { method: 'DELETE', path: `/networks/${id}` })
    if (status >= 300 && status !== 404)
      throw new MoorageError(
        'PROVIDER_LOST',
        `The Docker engine did not remove the network of the run: ${text.trim()}`,
        { provider: 'docker' },
      )
  }
}

async function idsOf(host: string, run: Run): Promise<readonly string[]> {
  const label = Object.entries(labelsOf(run)).map(([name, value]) => `${name}=${value}`)
  const { text } = await accepted(
    call(host, { method: 'GET', path: `/networks?filters=${encodeURIComponent(JSON.stringify({ label }))}` }),
  )
  return (JSON.parse(text) as readonly { readonly Id: string }[]).map(({ Id }) => Id)
}

async function ask(host: string, request: Call): Promise<string> {
  const { status, text } = await call(host, request).catch((error: unknown) => {
    throw lostOr(error, host, { phase: 'admit' })
  })
  if (status < 300) return text
  throw new MoorageError('START_FAILED', `The Docker engine did not make a network for the run: ${text.trim()}`, {
    provider: 'docker',
    phase: 'admit',
    hint: 'If its address pools are used up, remove networks that nobody needs: docker network prune.',
  })
}

/** The addresses of a network, and the engine's own among them. */
export async function rangeOf(
  host: string,
  id: string,
): Promise<{ readonly Gateway?: string; readonly Subnet?: string } | undefined> {
  const text = await ask(host, { method: 'GET', path: `/networks/${id}` })
  return (JSON.parse(text) as { IPAM?: { Config?: { Gateway?: string; Subnet?: string }[] } }).IPAM?.Config?.[0]
}

export function remoteHost(host: string): string | undefined {
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
