import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Owner, ReapedObject, ReapScope } from '@moorage/core/provider'
import { removeLogFolder } from './engine/log-folder.ts'
import { callNerdctl, expectSuccess, type Nerdctl } from './engine/nerdctl.ts'
import { removeNetwork } from './engine/network.ts'
import { removeVolume } from './engine/volumes.ts'
import { toProviderError } from './errors.ts'
import { OWNER_LABEL, readOwner, RUN_LABEL, type Labels } from './labels.ts'
import { removeContainer } from './stop.ts'

/** An object of a dead owner. */
interface Leftover {
  readonly kind: 'container' | 'network' | 'volume' | 'log'
  readonly id: string
  readonly run: string
}

/** Written before containerd creates an object. */
interface JournalEntry {
  readonly kind: Leftover['kind']
  readonly name: string
  /** The containerd that has the object. */
  readonly engine: string
}

// A network, a volume and a log can be removed once no container uses it.
const KINDS = ['container', 'network', 'volume', 'log'] as const
const REMOVALS = {
  container: removeContainer,
  network: removeNetwork,
  volume: removeVolume,
  log: (_: Nerdctl, folder: string) => removeLogFolder(folder),
}

interface Inspected {
  readonly Labels?: Labels
  readonly Config?: { readonly Labels?: Labels }
}

/**
 * Removes what the journals of dead owners name on this containerd, and the objects whose labels name a
 * dead owner. Leaves every other object alone. Throws the first failure after all removals were tried.
 */
export async function reap(
  nerdctl: Nerdctl,
  { journals, alive, dry = false }: ReapScope,
): Promise<readonly ReapedObject[]> {
  const leftovers = new Map<string, Leftover>()
  const add = (found: readonly Leftover[]): void => found.forEach((leftover) => leftovers.set(leftover.id, leftover))
  try {
    for (const { run, owner, entries } of journals.filter((journal) => !alive(journal.owner)))
      for (const entry of entries as unknown as readonly JournalEntry[])
        if (entry.engine === nerdctl.name) add(await findJournaled(nerdctl, { run, owner, entry }))
    add(await findLabelled(nerdctl, alive))
  } catch (error) {
    throw toProviderError(error, nerdctl)
  }
  const sorted = [...leftovers.values()].toSorted((a, b) => a.kind.localeCompare(b.kind))
  const failures: unknown[] = []
  for (const kind of dry ? [] : KINDS) {
    const removals = sorted.filter((leftover) => leftover.kind === kind).map(({ id }) => REMOVALS[kind](nerdctl, id))
    for (const removal of await Promise.allSettled(removals))
      if (removal.status === 'rejected') failures.push(toProviderError(removal.reason, nerdctl))
  }
  if (failures.length) throw failures[0]
  return sorted
}

/** The object of a journal entry, if it exists and its labels match the journal. */
async function findJournaled(
  nerdctl: Nerdctl,
  { run, owner, entry: { kind, name } }: { readonly run: string; readonly owner: Owner; readonly entry: JournalEntry },
): Promise<readonly Leftover[]> {
  if (kind === 'log') return basename(name) === run && existsSync(name) ? [{ kind, id: name, run }] : []
  const labels = await inspectLabels(nerdctl, kind, name)
  if (labels?.[RUN_LABEL] !== run || !isDeepStrictEqual(readOwner(labels), owner)) return []
  return [{ kind, id: name, run }]
}

async function findLabelled(nerdctl: Nerdctl, alive: ReapScope['alive']): Promise<readonly Leftover[]> {
  const filter = ['--filter', `label=${OWNER_LABEL}`]
  const names = async (args: readonly string[]): Promise<readonly string[]> =>
    (await expectSuccess(nerdctl, args)).split('\n').filter(Boolean)
  const listed = [
    ...(await names(['ps', '--all', ...filter, '--format', '{{.Names}}'])).map((id) => ['container', id] as const),
    ...(await names(['network', 'ls', ...filter, '--format', '{{.Name}}'])).map((id) => ['network', id] as const),
    ...(await names(['volume', 'ls', ...filter, '--quiet'])).map((id) => ['volume', id] as const),
  ]
  const leftovers: Leftover[] = []
  for (const [kind, id] of listed) {
    const labels = await inspectLabels(nerdctl, kind, id)
    const owner = readOwner(labels)
    if (owner && !alive(owner)) leftovers.push({ kind, id, run: labels?.[RUN_LABEL] ?? '' })
  }
  return leftovers
}

async function inspectLabels(
  nerdctl: Nerdctl,
  kind: 'container' | 'network' | 'volume',
  name: string,
): Promise<Labels | undefined> {
  const args = [...(kind === 'container' ? [] : [kind]), 'inspect', name]
  const { code, stdout } = await callNerdctl(nerdctl, args)
  if (code !== 0) return undefined
  const [object] = JSON.parse(stdout) as readonly Inspected[]
  return object?.Config?.Labels ?? object?.Labels
}
