import type { JsonObject, OptionProblem, Provider, Report, Run, ServiceSpec, Session, Unit } from '@moorage/core'
import { lostOr } from './errors.ts'
import { loadClient, runtimeProblem, sdkProblem } from './engine/client.ts'
import { call, findEngine, type Found } from './engine/find-engine.ts'
import { hostProblem, hostPortProxies } from './host-access.ts'
import { closeNetwork, openNetwork } from './engine/network.ts'
import { reap } from './reap.ts'
import { openRyuk, type Ryuk } from './ryuk/ryuk.ts'
import { startUnit, type Work } from './start.ts'
import { removeRun } from './stop.ts'

const KEPT =
  'Ryuk removes what stays here 10 s after the supervisor is gone: with this machine, or at the end of the CI job.'

/** What `docker()` names: see core's contract. */
export function provider(options: JsonObject, { root }: { readonly root: string }): Provider {
  const host = typeof options['host'] === 'string' ? options['host'] : undefined
  let found: Promise<Found> | undefined
  const engine = (signal?: AbortSignal): Promise<Found> =>
    (found ??= findEngine({ env: process.env, ...(host === undefined ? {} : { host }) }, signal))
  return {
    name: 'docker',
    form: 'container',
    async probe(signal) {
      const seen = await engine(signal)
      if (!seen.ok) {
        found = undefined
        return { ok: false, reason: seen.reason, fix: seen.fix, ...(seen.named ? { broken: true } : {}) }
      }
      const problem = runtimeProblem(process.versions.node) ?? sdkProblem(root)
      if (problem) return { ok: false, broken: true, ...problem }
      return { ok: true, detail: `Engine ${seen.version} at ${seen.host}` }
    },
    async open(run, report, signal) {
      const seen = await engine()
      if (!seen.ok) throw new RangeError(seen.reason)
      return openSession(seen.host, { run, report, signal, ryuk: options['ryuk'] === true })
    },
    check,
    async hostAccess() {
      const seen = await engine()
      return seen.ok ? await hostProblem(seen.host) : undefined
    },
    async reap(scope, signal) {
      const seen = await engine()
      return await reap(
        { ...(seen.ok ? { host: seen.host } : {}), ask: (at) => (request) => call(at, { ...request, signal }) },
        scope,
      )
    },
  }
}

interface Opening {
  readonly run: Run
  readonly report: Report
  readonly signal: AbortSignal
  readonly ryuk: boolean
}

function openSession(host: string, { run, report, signal, ryuk: wanted }: Opening): Session {
  const { sent, network } = openNetwork(host, run, report)
  // Loading the SDK stops this process for a tenth of a second: the engine makes the network meanwhile.
  const client = sent.then(() => loadClient(host, run.root))
  const relays = hostPortProxies(host, network)
  const over = new AbortController()
  const waiting = new Set<string>()
  const told = (detail: string): void => waiting.forEach((service) => report.phase(service, 'pull', detail))
  const ryuk = guard(wanted, report, async () =>
    openRyuk(await client, {
      run,
      network: await network,
      report,
      signal: AbortSignal.any([signal, over.signal]),
      told,
    }),
  )
  const work: Work = { client, run, report, network: ryuk.then(() => network), relays }
  const units = new Set<Promise<Unit>>()
  // Whoever starts a service waits for them, and tells their failure.
  for (const needed of [network, client, ryuk, work.network]) needed.catch(() => {})
  return {
    async start(spec, signal) {
      waiting.add(spec.name)
      const starting = startUnit(work, spec, signal).catch((error: unknown): never => {
        throw lostOr(error, host, { service: spec.name, phase: 'start' })
      })
      units.add(starting)
      return await starting
    },
    expose: (port) => relays.expose(port),
    async keep() {
      if (await ryuk) report.notice(KEPT)
    },
    async close() {
      over.abort(new RangeError('the session was closed'))
      await Promise.allSettled(units)
      await relays.close()
      const made = await network.catch(() => undefined)
      const loaded = await client.catch(() => undefined)
      const guarding = await ryuk.catch(() => undefined)
      try {
        if (loaded) await removeRun(loaded, run.id)
        await closeNetwork(host, run, made)
        // Not before: what cannot be removed from here is left to it.
        await guarding?.close()
      } catch (cause) {
        throw lostOr(cause, host)
      }
    },
  }
}

/** What the user asked for, and what the environment says. */
async function guard(wanted: boolean, report: Report, open: () => Promise<Ryuk>): Promise<Ryuk | undefined> {
  if (!wanted) return undefined
  if (process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true') return await open()
  report.notice('TESTCONTAINERS_RYUK_DISABLED is true: docker({ ryuk }) starts none.')
  return undefined
}

function check(_service: string, { container: form }: ServiceSpec): readonly OptionProblem[] {
  if (form?.user !== undefined && !/^\d+(:\d+)?$/.test(form.user)) {
    return [{ at: 'user', reason: `'${form.user}' is not numeric`, fix: "Give 'uid' or 'uid:gid', as in '999:999'." }]
  }
  return []
}
