import {
  refusedSettings,
  type JsonObject,
  type OptionProblem,
  type Provider,
  type Report,
  type Run,
  type ServiceSpec,
  type Session,
  type Unit,
} from '@moorage/core/provider'
import { findMembers } from './compose-project/find-members.ts'
import { engineChecks } from './doctor/engine-checks.ts'
import { loadClient } from './engine/client.ts'
import { engineAt, environmentTls, type Engine } from './engine/engine-address.ts'
import { findEngine, type EngineSearch } from './engine/find-engine.ts'
import type { CallEngine } from './engine/call-engine.ts'
import { RunNetworks } from './engine/run-networks.ts'
import { RunVolumes } from './engine/run-volumes.ts'
import { runtimeProblem, sdkProblem } from './engine/load-sdk.ts'
import { toProviderError } from './errors.ts'
import { hostAccessProblem, hostPortProxies } from './host-access.ts'
import { reap } from './reap.ts'
import { startRyuk, type Ryuk } from './ryuk/ryuk.ts'
import { refusedCombinations, SETTING_SUPPORT } from './settings.ts'
import { startUnit, type SessionContext } from './start.ts'
import { removeRunContainers } from './stop.ts'

const KEEP_NOTICE =
  'Ryuk removes the services 10 s after the supervisor is gone: with this machine, or at the end of the CI job.'

/** The module behind `docker()`. See `ProviderModule` in core. */
export function provider(options: JsonObject, { root }: { readonly root: string }): Provider {
  const host = typeof options['host'] === 'string' ? options['host'] : undefined
  let search: Promise<EngineSearch> | undefined
  const searchEngine = (signal?: AbortSignal): Promise<EngineSearch> =>
    (search ??= findEngine({ env: process.env, ...(host === undefined ? {} : { host }) }, signal))
  return {
    name: 'docker',
    form: 'container',
    async probe(signal) {
      const found = await searchEngine(signal)
      if (!found.ok) {
        search = undefined
        return { ok: false, reason: found.reason, fix: found.fix, ...(found.configured ? { broken: true } : {}) }
      }
      const problem = runtimeProblem(process.versions.node) ?? sdkProblem(root)
      if (problem) return { ok: false, broken: true, ...problem }
      return { ok: true, detail: `Engine ${found.version} at ${found.engine.host}` }
    },
    async open(run, report, signal) {
      const found = await searchEngine()
      if (!found.ok) throw new RangeError(found.reason)
      return openSession(found.engine, {
        run,
        report,
        signal,
        ryuk: options['ryuk'] === true,
        isPodman: found.isPodman,
      })
    },
    check,
    async hostAccess() {
      const found = await searchEngine()
      return found.ok ? await hostAccessProblem(found.engine) : undefined
    },
    async imageStores(signal) {
      const found = await searchEngine(signal)
      if (!found.ok) throw new RangeError(found.reason)
      const { engine, isPodman } = found
      return { stores: [{ kind: 'engine', host: engine.host, buildKit: !isPodman }], platforms: [] }
    },
    async reap(scope, signal) {
      const found = await searchEngine()
      const current = found.ok ? found.engine : undefined
      const callAt = (address: string): CallEngine => {
        const engine = current?.host === address ? current : engineAt(address, environmentTls(process.env))
        return (request) => engine.call({ ...request, signal })
      }
      return await reap({ ...(current ? { host: current.host } : {}), callAt }, scope)
    },
    checks: engineChecks(searchEngine),
  }
}

interface SessionOptions {
  readonly run: Run
  readonly report: Report
  readonly signal: AbortSignal
  readonly ryuk: boolean
  readonly isPodman: boolean
}

function openSession(engine: Engine, options: SessionOptions): Session {
  const { run, report, signal, isPodman } = options
  const networks = new RunNetworks(engine, run, report)
  const volumes = new RunVolumes(engine, run, report)
  const network = networks.get()
  // Loading the SDK blocks this process for 0.1 s. The engine creates the network in the meantime.
  const client = networks.requestSent.then(() => loadClient(engine, run.root))
  const proxies = hostPortProxies(engine, networks)
  const closing = new AbortController()
  const startingServices = new Set<string>()
  const ryuk = startRyukIf(options.ryuk, report, async () =>
    startRyuk(await client, {
      run,
      network: await network,
      report,
      signal: AbortSignal.any([signal, closing.signal]),
      onPullProgress: (detail) => startingServices.forEach((service) => report.phase(service, 'pull', detail)),
    }),
  )
  const context: SessionContext = {
    client,
    run,
    report,
    network: ryuk.then(() => network),
    networks,
    volumes,
    hostPortProxies: proxies,
    isPodman,
  }
  const units = new Set<Promise<Unit>>()
  // Each start awaits these and reports their failure.
  for (const promise of [network, client, ryuk, context.network]) promise.catch(() => {})
  return {
    async start(spec, startSignal) {
      startingServices.add(spec.name)
      const starting = startUnit(context, spec, startSignal).catch((error: unknown): never => {
        throw toProviderError(error, engine.host, { service: spec.name, phase: 'start' })
      })
      units.add(starting)
      return await starting
    },
    findMembers: (wanted) => findMembers({ client, network, closing: closing.signal }, engine.call, wanted),
    hostAddress: async () => (await network).dialAddress,
    expose: (port) => proxies.expose(port),
    async keep() {
      if (await ryuk) report.notice(KEEP_NOTICE)
    },
    async close() {
      closing.abort(new RangeError('the session was closed'))
      await Promise.allSettled(units)
      await proxies.close()
      const loadedClient = await client.catch(() => undefined)
      const startedRyuk = await ryuk.catch(() => undefined)
      try {
        if (loadedClient) await removeRunContainers(loadedClient, run.id)
        // Before the networks: an engine that keeps one of those must not keep the volumes as well.
        await volumes.remove()
        await networks.remove()
        // Last, so that Ryuk removes what this process could not.
        await startedRyuk?.close()
      } catch (error) {
        throw toProviderError(error, engine.host)
      }
    },
  }
}

/** Starts Ryuk where the config enables it and the environment does not disable it. */
async function startRyukIf(enabled: boolean, report: Report, start: () => Promise<Ryuk>): Promise<Ryuk | undefined> {
  if (!enabled) return undefined
  if (process.env['TESTCONTAINERS_RYUK_DISABLED'] !== 'true') return await start()
  report.notice('TESTCONTAINERS_RYUK_DISABLED is true: docker({ ryuk }) starts none.')
  return undefined
}

function check(_service: string, { container }: ServiceSpec): readonly OptionProblem[] {
  return [...refusedSettings(container, SETTING_SUPPORT), ...refusedCombinations(container)]
}
