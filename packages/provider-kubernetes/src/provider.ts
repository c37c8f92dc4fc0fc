import type {
  Json,
  JsonObject,
  OptionProblem,
  Provider,
  Report,
  Run,
  ServiceSpec,
  Session,
  Unit,
} from '@moorage/core/provider'
import { selectCluster, type Chosen, type Cluster } from './cluster/select-cluster.ts'
import { findOwnerPod, ownAddresses } from './cluster/owner-pod.ts'
import { hostProblem, hostPortProxies } from './host-access.ts'
import type { KubernetesOptions } from './options.ts'
import { openRunNamespace, type Making, type RunNamespace } from './lifetime/run-namespace.ts'
import { reap, removeJournaled } from './reap.ts'
import { startUnit, type Work } from './start.ts'
import { reportStuckNamespaces } from './lifetime/stuck-namespaces.ts'

// Milliseconds for a probe as a whole.
const PROBE = 5_000

/** What `kubernetes()` names: see core's contract. */
export function provider(given: JsonObject, { root }: { readonly root: string }): Provider {
  const options = given as KubernetesOptions
  let chosen: Promise<Chosen> | undefined
  const look = (signal: AbortSignal): Promise<Chosen> =>
    (chosen ??= selectCluster({ options, env: process.env, root }, signal))
  const cluster = async (signal: AbortSignal): Promise<Cluster> => {
    const { cluster: found, probed } = await look(signal)
    if (!found) throw new RangeError(probed.ok ? '' : probed.reason)
    return found
  }
  return {
    name: 'kubernetes',
    form: 'container',
    async probe(signal) {
      const limit = AbortSignal.timeout(PROBE)
      const { probed } = await look(AbortSignal.any([signal, limit])).catch((error: unknown): Chosen => {
        if (!limit.aborted || signal.aborted) throw error
        return {
          probed: {
            ok: false,
            broken: true,
            reason: `the cluster does not answer within ${PROBE / 1_000} s`,
            fix: 'check it with: kubectl cluster-info',
          },
        }
      })
      if (!probed.ok) chosen = undefined
      return probed
    },
    open: async (run, report, signal) => openSession(await cluster(signal), { run, report, options, signal }),
    check,
    hostAccess: async () => hostProblem((await cluster(new AbortController().signal)).credentials),
    async reap(scope, signal) {
      const { cluster: found } = await look(signal)
      return found ? await reap(found, scope, signal) : []
    },
  }
}

interface Opening {
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly signal: AbortSignal
}

function openSession(found: Cluster, { run, report: given, options, signal }: Opening): Session {
  const { client, choice, credentials } = found
  const entries: Json[] = []
  const report: Report = {
    ...given,
    journal(entry) {
      given.journal(entry)
      entries.push(entry)
    },
  }
  client.onRetry(report.notice)
  const place = placeOf(found, { choice, run, report, options, signal })
  // Whoever starts a service waits for it, and tells its failure.
  place.catch(() => {})
  if (choice.mode === 'shared' && options.deleter)
    report.notice(`kubernetes({ deleter }) has nothing to do: runs share namespace ${choice.namespace}, which stays.`)
  if (choice.mode === 'create') void place.then(() => reportStuckNamespaces(client, report, { signal })).catch(() => {})
  const relays = hostPortProxies(credentials, place)
  const work: Work = {
    client,
    report,
    options,
    place,
    relays,
    ways: { reach: options.reach ?? 'auto', inCluster: credentials.inCluster, report },
    turns: new Map(),
  }
  const units = new Set<Promise<Unit>>()
  return {
    async start(spec, abort) {
      const starting = startUnit(work, spec, abort)
      units.add(starting)
      return await starting
    },
    expose: (port) => relays.expose(port),
    async keep(ms) {
      const { deadman } = await place
      await deadman.extend(ms)
    },
    async close() {
      await relays.close()
      const made = await place.catch(() => undefined)
      made?.over.abort()
      made?.deadman.stop()
      const whole = made?.removeNamespace?.()
      whole?.catch(() => {})
      const started = await Promise.allSettled(units)
      await Promise.all(started.map((unit) => (unit.status === 'fulfilled' ? unit.value.stop() : undefined)))
      if (made) await (whole ?? made.deadman.remove())
      // What a failed try was about to make.
      else for (const entry of entries) await removeJournaled(client, { run: run.id, owner: run.owner, entry })
    },
  }
}

async function placeOf({ client, credentials }: Cluster, making: Omit<Making, 'ciPod'>): Promise<RunNamespace> {
  const { choice, signal } = making
  // An owner must be in the namespace of what it owns.
  const within = credentials.inCluster && choice.mode === 'shared' && choice.namespace === credentials.namespace
  const ciPod = within
    ? await findOwnerPod(client, { namespace: choice.namespace, env: process.env, addresses: ownAddresses() }, signal)
    : { owners: [], labels: {} }
  return await openRunNamespace(client, { ...making, ciPod })
}

function check(_service: string, { container: form }: ServiceSpec): readonly OptionProblem[] {
  if (form?.user !== undefined && !/^\d+(:\d+)?$/.test(form.user)) {
    return [{ at: 'user', reason: `'${form.user}' is not numeric`, fix: "Give 'uid' or 'uid:gid', as in '999:999'." }]
  }
  return []
}
