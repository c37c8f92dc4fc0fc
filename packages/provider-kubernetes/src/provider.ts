import type { JsonObject, Problem, Provider, Report, Run, ServiceSpec, Session, Unit } from '@moorage/core'
import { choose, type Chosen, type Cluster } from './choose.ts'
import { deleteDeadman } from './deadman.ts'
import type { KubernetesOptions } from './options.ts'
import { deleteNamespace, openPlace } from './place.ts'
import { reapCluster } from './reap.ts'
import { startUnit, type Work } from './start.ts'

// Milliseconds for a probe as a whole.
const PROBE = 5_000

/** What `kubernetes()` names: see core's contract. */
export function provider(given: JsonObject, { root }: { readonly root: string }): Provider {
  const options = given as KubernetesOptions
  let chosen: Promise<Chosen> | undefined
  const look = (signal: AbortSignal): Promise<Chosen> => (chosen ??= choose({ options, env: process.env, root }, signal))
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
        return { probed: { ok: false, broken: true, reason: `the cluster does not answer within ${PROBE / 1_000} s`, fix: 'check it with: kubectl cluster-info' } }
      })
      if (!probed.ok) chosen = undefined
      return probed
    },
    open: async (run, report, signal) => openSession(await cluster(signal), { run, report, options, signal }),
    check,
    async reap(scope, signal) {
      const { cluster: found } = await look(signal)
      return found ? await reapCluster(found, scope, signal) : []
    },
  }
}

interface Opening {
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly signal: AbortSignal
}

function openSession({ client, choice, credentials }: Cluster, { run, report, options, signal }: Opening): Session {
  const place = openPlace(client, { choice, run, report, options, owners: [], signal })
  // Whoever starts a service waits for it, and tells its failure.
  place.catch(() => {})
  const work: Work = { client, run, report, options, place, ways: { reach: options.reach ?? 'auto', inCluster: credentials.inCluster, report } }
  const units = new Set<Promise<Unit>>()
  return {
    async start(spec, abort) {
      const starting = startUnit(work, spec, abort)
      units.add(starting)
      return await starting
    },
    async close() {
      const made = await place.catch(() => undefined)
      made?.over.abort()
      made?.deadman.stop()
      // Even if making it failed: what there is by then has these names, which are the run's alone.
      const whole = choice.mode === 'create' ? deleteNamespace(client, run.id) : undefined
      whole?.catch(() => {})
      const started = await Promise.allSettled(units)
      await Promise.all(started.map((unit) => (unit.status === 'fulfilled' ? unit.value.stop() : undefined)))
      await (whole ?? deleteDeadman(client, { namespace: choice.namespace, name: run.id }))
    },
  }
}

function check(_service: string, { container: form }: ServiceSpec): readonly Problem[] {
  if (form?.user !== undefined && !/^\d+(:\d+)?$/.test(form.user)) {
    return [{ at: 'user', reason: `'${form.user}' is not numeric`, fix: "Give 'uid' or 'uid:gid', as in '999:999'." }]
  }
  return []
}
