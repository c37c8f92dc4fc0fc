import { isDeepStrictEqual } from 'node:util'
import type { Owner, ReapedObject, ReapScope } from '@moorage/core/provider'
import { expectSuccess, type CallEngine } from './engine/call-engine.ts'
import { deleteNetwork } from './engine/network.ts'
import { deleteVolume } from './engine/run-volumes.ts'
import { toProviderError } from './errors.ts'
import { OWNER_LABEL, readOwner, RUN_LABEL, RYUK_LABEL, type Labels } from './labels.ts'
import { removeContainer } from './stop.ts'

export interface ReapEngines {
  /** Address of the current engine, if one answers. */
  readonly host?: string
  callAt(host: string): CallEngine
}

/** An object of a dead owner. */
interface Leftover {
  readonly kind: 'container' | 'network' | 'volume'
  readonly id: string
  readonly run: string
  readonly call: CallEngine
}

interface EngineObject {
  readonly Id: string
  /** A volume has no id. */
  readonly Name: string
  readonly Labels?: Labels
  readonly Config?: { readonly Labels?: Labels }
}

/** Written with the name before the engine creates an object, and with the id afterwards. */
interface JournalEntry {
  readonly kind: Leftover['kind']
  readonly name?: string
  readonly id?: string
  /** The engine that has the object; the current engine may be another one. */
  readonly host?: string
}

const API_PATHS = { container: '/containers', network: '/networks', volume: '/volumes' } as const

/**
 * Removes what the journals of dead owners name, on the engine where it was created, and the containers,
 * networks and volumes whose labels name a dead owner. Leaves every other object alone. Throws the first failure after
 * all removals were tried: `MoorageError` (PROVIDER_LOST) for an engine that does not answer.
 */
export async function reap(
  { host: currentHost, callAt }: ReapEngines,
  { journals, alive, dry = false }: ReapScope,
): Promise<readonly ReapedObject[]> {
  const leftovers = new Map<string, Leftover>()
  const failures: unknown[] = []
  // An engine that does not answer must not prevent the clean-up on another one.
  const collectFrom = async (host: string, find: (call: CallEngine) => Promise<readonly Leftover[]>): Promise<void> => {
    try {
      for (const leftover of await find(callAt(host))) leftovers.set(leftover.id, leftover)
    } catch (error) {
      failures.push(toProviderError(error, host))
    }
  }
  for (const { run, owner, entries } of journals.filter((journal) => !alive(journal.owner))) {
    for (const entry of entries as unknown as readonly JournalEntry[]) {
      const host = entry.host ?? currentHost
      if (host !== undefined) await collectFrom(host, (call) => findJournaled(call, { run, owner, entry }))
    }
  }
  if (currentHost !== undefined) await collectFrom(currentHost, (call) => findLabelled(call, alive))
  const sorted = [...leftovers.values()].toSorted((a, b) => a.kind.localeCompare(b.kind))
  // The engine refuses to remove a network or a volume while containers use it.
  for (const kind of dry ? [] : (['container', 'network', 'volume'] as const)) {
    const removals = await Promise.allSettled(sorted.filter((leftover) => leftover.kind === kind).map(remove))
    failures.push(...removals.flatMap((removal) => (removal.status === 'rejected' ? [removal.reason as unknown] : [])))
  }
  if (failures.length) throw failures[0]
  return sorted.map(({ kind, id, run }) => ({ kind, id, run }))
}

/** The object of a journal entry, if it exists. An id suffices; under a name, the labels must match the journal. */
async function findJournaled(
  call: CallEngine,
  {
    run,
    owner,
    entry: { kind, name, id },
  }: { readonly run: string; readonly owner: Owner; readonly entry: JournalEntry },
): Promise<readonly Leftover[]> {
  const path = `${API_PATHS[kind]}/${id ?? name}${kind === 'container' ? '/json' : ''}`
  const { status, text } = await expectSuccess(call({ method: 'GET', path }), 404)
  if (status === 404) return []
  const object = JSON.parse(text) as EngineObject
  const labels = object.Config?.Labels ?? object.Labels
  const Id = idOf(kind, object)
  if (id !== Id && !(readRun(labels) === run && isDeepStrictEqual(readOwner(labels), owner))) return []
  return [{ kind, id: Id, run, call }]
}

async function findLabelled(call: CallEngine, alive: ReapScope['alive']): Promise<readonly Leftover[]> {
  const filters = `filters=${encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }))}`
  const hasDeadOwner = (labels: Labels | undefined): boolean => {
    const owner = readOwner(labels)
    return owner !== undefined && !alive(owner)
  }
  const list = async (kind: Leftover['kind'], path: string): Promise<readonly Leftover[]> => {
    const { text } = await expectSuccess(call({ method: 'GET', path }))
    const answer = JSON.parse(text) as readonly EngineObject[] | { readonly Volumes: readonly EngineObject[] | null }
    const objects = 'Volumes' in answer ? (answer.Volumes ?? []) : answer
    return objects
      .filter((object) => hasDeadOwner(object.Labels))
      .map((object) => ({ kind, id: idOf(kind, object), run: readRun(object.Labels), call }))
  }
  return [
    ...(await list('container', `/containers/json?all=1&${filters}`)),
    ...(await list('network', `/networks?${filters}`)),
    ...(await list('volume', `/volumes?${filters}`)),
  ]
}

async function remove({ kind, id, call }: Leftover): Promise<void> {
  if (kind === 'container') await removeContainer(call, id)
  else if (kind === 'network') await deleteNetwork(call, id)
  else await deleteVolume(call, id)
}

function idOf(kind: Leftover['kind'], { Id, Name }: EngineObject): string {
  return kind === 'volume' ? Name : Id
}

function readRun(labels: Labels | undefined): string {
  return labels?.[RUN_LABEL] ?? labels?.[RYUK_LABEL] ?? ''
}
