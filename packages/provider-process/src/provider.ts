import { platform } from 'node:os'
import type { OptionProblem, Provider, Report, Run, ServiceSpec, Session, Unit } from '@moorage/core/provider'
import { reservePort, type Reserved } from './endpoint.ts'
import { reap } from './reap.ts'
import { removeFolders, startUnit, type Work } from './start.ts'

/** What `process()` names: see core's contract. */
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
  const reserved: Reserved = new Map()
  const work: Work = { run, report, folders: [], reserved }
  let closed = false
  return {
    reserve: async (service, ports) => {
      const numbers = await Promise.all(
        Object.entries(ports).map(async ([name, wish]) => [name, await reservePort(service, wish, reserved)] as const),
      )
      return Object.fromEntries(numbers)
    },
    async start(spec, signal) {
      if (closed) signal = AbortSignal.abort(signal.reason)
      const starting = startUnit(work, spec, signal)
      units.add(starting)
      return await starting
    },
    expose: (port) => Promise.resolve({ host: '127.0.0.1', port }),
    async close() {
      closed = true
      const ends = [...units].map(async (starting) => (await starting.catch(() => undefined))?.stop())
      await Promise.all(ends)
      await removeFolders(work.folders)
    },
  }
}

function check(_service: string, { process: form }: ServiceSpec): readonly OptionProblem[] {
  if (form && !form.command && !form.program) {
    return [{ at: 'process', reason: 'it names neither a command nor a program', fix: 'Give one of the two.' }]
  }
  const fix = 'Leave it out, or use a provider that runs containers (docker, kubernetes).'
  return Object.entries(form?.refused ?? {}).map(([at, reason]) => ({ at, reason, fix }))
}
