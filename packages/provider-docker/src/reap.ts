import { isDeepStrictEqual } from 'node:util'
import type { Owner, ReapedObject, ReapScope } from '@moorage/core'
import { lostOr } from './errors.ts'
import { accepted, type Ask } from './engine/find-engine.ts'
import { OWNER, ownerIn, RUN, RYUK } from './labels.ts'
import { removeContainer } from './stop.ts'

type Labels = { readonly [name: string]: string } | undefined

interface Leftover {
  readonly kind: 'container' | 'network'
  readonly id: string
  readonly run: string
  readonly ask: Ask
}

interface Listed {
  readonly Id: string
  readonly Labels?: Labels
  readonly Config?: { readonly Labels?: Labels }
}

/** What is written down before a creation by its name, and after it by its id. */
interface Entry {
  readonly kind: Leftover['kind']
  readonly name?: string
  readonly id?: string
  /** The engine that has it; the next run may work on another one. */
  readonly host?: string
}

export interface Sweeping {
  /** The engine of now, if one answers. */
  readonly host?: string
  ask(host: string): Ask
}

const PATHS = { container: '/containers', network: '/networks' } as const

/**
 * Removes what a dead owner's journal names, on the engine where it was made, and containers and networks whose labels
 * name an owner that is provably dead. Whatever else an engine has is not ours.
 */
export async function reap(
  { host, ask }: Sweeping,
  { journals, alive, dry = false }: ReapScope,
): Promise<readonly ReapedObject[]> {
  const left = new Map<string, Leftover>()
  const failures: unknown[] = []
  // An engine that is away keeps nobody from being cleaned up after on another one.
  const attempt = async (at: string, work: (ask: Ask) => Promise<void>): Promise<void> =>
    await work(ask(at)).catch((error: unknown) => void failures.push(lostOr(error, at)))
  const add = (found: Leftover | undefined): void => void (found && left.set(found.id, found))
  for (const { run, owner, entries } of journals.filter((journal) => !alive(journal.owner))) {
    for (const entry of entries as unknown as readonly Entry[]) {
      const at = entry.host ?? host
      if (at !== undefined) await attempt(at, async (engine) => add(await reapJournaled(engine, { run, owner, entry })))
    }
  }
  if (host !== undefined) await attempt(host, async (engine) => (await reapLabelled(engine, alive)).forEach(add))
  const all = [...left.values()].toSorted((a, b) => a.kind.localeCompare(b.kind))
  for (const kind of dry ? [] : (['container', 'network'] as const)) {
    const ends = await Promise.allSettled(all.filter((each) => each.kind === kind).map(remove))
    failures.push(...ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : [])))
  }
  if (failures.length) throw failures[0]
  return all.map(({ kind, id, run }) => ({ kind, id, run }))
}

/** What an entry names, if it is there. Its id is proof enough; a name is not: run and owner must be those of the journal. */
async function reapJournaled(
  ask: Ask,
  { run, owner, entry: { kind, name, id } }: { readonly run: string; readonly owner: Owner; readonly entry: Entry },
): Promise<Leftover | undefined> {
  const path = `${PATHS[kind]}/${id ?? name}${kind === 'container' ? '/json' : ''}`
  const { status, text } = await accepted(ask({ method: 'GET', path }), 404)
  if (status === 404) return undefined
  const { Id, Labels: own, Config } = JSON.parse(text) as Listed
  const labels = Config?.Labels ?? own
  if (id !== Id && !(runOf(labels) === run && isDeepStrictEqual(ownerIn(labels), owner))) return undefined
  return { kind, id: Id, run, ask }
}

async function reapLabelled(ask: Ask, alive: ReapScope['alive']): Promise<readonly Leftover[]> {
  const filters = `filters=${encodeURIComponent(JSON.stringify({ label: [OWNER] }))}`
  const dead = (labels: Labels): boolean => {
    const owner = ownerIn(labels)
    return owner !== undefined && !alive(owner)
  }
  const list = async (kind: Leftover['kind'], path: string): Promise<readonly Leftover[]> => {
    const { text } = await accepted(ask({ method: 'GET', path }))
    return (JSON.parse(text) as readonly Listed[])
      .filter(({ Labels }) => dead(Labels))
      .map(({ Id, Labels }) => ({ kind, id: Id, run: runOf(Labels), ask }))
  }
  return [
    ...(await list('container', `/containers/json?all=1&${filters}`)),
    ...(await list('network', `/networks?${filters}`)),
  ]
}

async function remove({ kind, id, ask }: Leftover): Promise<void> {
  if (kind === 'container') await removeContainer(ask, id)
  else await accepted(ask({ method: 'DELETE', path: `/networks/${id}` }), 404)
}

function runOf(labels: Labels): string {
  return labels?.[RUN] ?? labels?.[RYUK] ?? ''
}
