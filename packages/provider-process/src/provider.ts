import { platform } from 'node:os'
import type { OptionProblem, Provider, Report, Run, ServiceSpec, Session, Unit } from '@moorage/core/provider'
import { reservePort, resolveEndpoint, type ReservedPorts } from './endpoint.ts'
import { reap } from './reap.ts'
import { startUnit, type SessionContext } from './start.ts'

/** The module behind `plainProcess()`. See `ProviderModule` in core. */
export function provider(): Provider {
  return {
    name: 'process',
    form: 'process',
    probe: () => Promise.resolve({ ok: true, detail: `plain processes on ${platform()}` }),
    open: (run, report) => Promise.resolve(openSession(run, report)),
    check,
    hostAccess: () => Promise.resolve(undefined),
    reap,
  }
}

function openSession(run: Run, report: Report): Session {
  const units = new Set<Promise<Unit>>()
  const reservedPorts: ReservedPorts = new Map()
  const context: SessionContext = { run, report }
  let closed = false
  return {
    reserve: async (service, requestedPorts) => {
      const ports = Object.entries(requestedPorts).map(
        async ([name, port]) => [name, await reservePort(service, port, reservedPorts)] as const,
      )
      return Object.fromEntries(await Promise.all(ports))
    },
    async start(spec, signal) {
      const starting = startUnit(context, spec, closed ? AbortSignal.abort(signal.reason) : signal)
      units.add(starting)
      const forget = (): boolean => units.delete(starting)
      try {
        const unit = await starting
        return { ...unit, stop: () => unit.stop().finally(forget) }
      } catch (error) {
        forget()
        throw error
      }
    },
    // Services are processes of this machine, so its loopback is theirs.
    expose: resolveEndpoint,
    async close() {
      closed = true
      await Promise.all([...units].map(async (starting) => (await starting.catch(() => undefined))?.stop()))
    },
  }
}

function check(_service: string, { process: form }: ServiceSpec): readonly OptionProblem[] {
  if (form && !form.command && !form.program) {
    return [{ at: 'process', reason: 'it names neither a command nor a program', fix: 'Set one of them.' }]
  }
  const fix = 'Omit it, or use a provider that runs containers (docker, kubernetes).'
  return Object.entries(form?.refused ?? {}).map(([at, reason]) => ({ at, reason, fix }))
}
