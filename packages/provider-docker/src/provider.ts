import type { JsonObject, Problem, Provider, Report, Run, ServiceSpec, Session, Unit } from '@moorage/core'
import { loadClient, runtimeProblem, sdkProblem } from './client.ts'
import { findEngine, type Found } from './engine.ts'
import { closeNetwork, openNetwork } from './network.ts'
import { reapEngine } from './reap.ts'
import { startUnit, type Work } from './start.ts'
import { removeRun } from './stop.ts'

/** What `docker()` names: see core's contract. */
export function provider(options: JsonObject): Provider {
  const host = typeof options['host'] === 'string' ? options['host'] : undefined
  let found: Promise<Found> | undefined
  const engine = (signal?: AbortSignal): Promise<Found> => (found ??= findEngine({ env: process.env, ...(host === undefined ? {} : { host }) }, signal))
  return {
    name: 'docker',
    form: 'container',
    async probe(signal) {
      const seen = await engine(signal)
      if (!seen.ok) {
        found = undefined
        return { ok: false, reason: seen.reason, fix: seen.fix, ...(seen.named ? { broken: true } : {}) }
      }
      const problem = runtimeProblem(process.versions.node) ?? sdkProblem(process.cwd())
      if (problem) return { ok: false, broken: true, ...problem }
      // The SDK takes longer to load than the engine to answer: begin while core checks the plan.
      void loadClient(seen.host, process.cwd()).catch(() => {})
      return { ok: true, detail: `Engine ${seen.version} at ${seen.host}` }
    },
    async open(run, report) {
      const seen = await engine()
      if (!seen.ok) throw new RangeError(seen.reason)
      return await openSession(seen.host, run, report)
    },
    check,
    async reap(scope) {
      const seen = await engine()
      return seen.ok ? await reapEngine(await loadClient(seen.host, process.cwd()), scope) : []
    },
  }
}

async function openSession(host: string, run: Run, report: Report): Promise<Session> {
  const client = await loadClient(host, run.root)
  const network = openNetwork(client, run, report)
  const work: Work = { client, run, report, network }
  const units = new Set<Promise<Unit>>()
  // Whoever starts a service waits for it, and tells its failure.
  network.catch(() => {})
  let closed = false
  return {
    async start(spec, signal) {
      if (closed) signal.throwIfAborted()
      const starting = startUnit(work, spec, signal)
      units.add(starting)
      return await starting
    },
    async close() {
      closed = true
      await Promise.allSettled(units)
      await removeRun(client, run.id)
      await closeNetwork(client, await network.catch(() => undefined))
    },
  }
}

function check(_service: string, { container: form }: ServiceSpec): readonly Problem[] {
  if (form?.user !== undefined && !/^\d+(:\d+)?$/.test(form.user)) {
    return [{ at: 'user', reason: `'${form.user}' is not numeric`, fix: "Give 'uid' or 'uid:gid', as in '999:999'." }]
  }
  return []
}
