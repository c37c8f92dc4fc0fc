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
import { removeLogFolder, runLogFolder } from './engine/log-folder.ts'
import { createNetwork, networkName, removeNetwork } from './engine/network.ts'
import { openNerdctl, type Nerdctl } from './engine/nerdctl.ts'
import { probeNerdctl } from './engine/probe.ts'
import { removeRunVolumes, RunVolumes } from './engine/volumes.ts'
import { toProviderError } from './errors.ts'
import { hostAccessProblem } from './host-access.ts'
import { readOptions } from './options.ts'
import { reap } from './reap.ts'
import { SETTING_SUPPORT } from './settings.ts'
import { startUnit, type SessionContext } from './start.ts'
import { removeRunContainers } from './stop.ts'

/** The module behind `nerdctl()`. See `ProviderModule` in core. */
export function provider(given: JsonObject): Provider {
  const options = readOptions(given)
  const nerdctl = openNerdctl(options)
  const { address, namespace } = options
  return {
    name: 'nerdctl',
    form: 'container',
    probe: (signal) => probeNerdctl(nerdctl, signal),
    open: (run, report) => Promise.resolve(openSession(nerdctl, run, report)),
    check,
    hostAccess: () => Promise.resolve(hostAccessProblem()),
    imageStores: () =>
      Promise.resolve({
        stores: [{ kind: 'containerd', ...(address ? { address } : {}), ...(namespace ? { namespace } : {}) }],
        platforms: [],
      }),
    // A containerd that cannot be used here has nothing of this machine's runs.
    reap: async (scope, signal) => ((await probeNerdctl(nerdctl, signal)).ok ? await reap(nerdctl, scope) : []),
  }
}

function openSession(nerdctl: Nerdctl, run: Run, report: Report): Session {
  report.journal({ kind: 'log', name: runLogFolder(run), engine: nerdctl.name })
  const network = createNetwork(nerdctl, run, report)
  // Each start awaits it and reports its failure.
  network.catch(() => {})
  const volumes = new RunVolumes(nerdctl, { run, report })
  const context: SessionContext = { nerdctl, run, report, network, volumes }
  const units = new Set<Promise<Unit>>()
  return {
    async start(spec, signal) {
      const starting = startUnit(context, spec, signal).catch((error: unknown): never => {
        throw toProviderError(error, nerdctl, { service: spec.name, phase: 'start' })
      })
      units.add(starting)
      return await starting
    },
    async close() {
      await Promise.allSettled(units)
      await network.catch(() => {})
      try {
        await removeRunContainers(nerdctl, run.id)
        await removeNetwork(nerdctl, networkName(run))
        await removeRunVolumes(nerdctl, run.id)
        await removeLogFolder(runLogFolder(run))
      } catch (error) {
        throw toProviderError(error, nerdctl)
      }
    },
  }
}

// nerdctl copies files into the root of the container, which must be writable for that.
const READ_ONLY_FILES: OptionProblem = {
  at: 'readOnlyRoot',
  reason: 'nerdctl cannot deliver `files` into a read-only container',
  fix: 'Remove one of the two options.',
}

function check(_service: string, { container }: ServiceSpec): readonly OptionProblem[] {
  const refused = refusedSettings(container, SETTING_SUPPORT)
  const hasFiles = Object.keys(container?.files ?? {}).length > 0
  return container?.readOnlyRoot && hasFiles ? [...refused, READ_ONLY_FILES] : refused
}
