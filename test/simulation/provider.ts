import type {
  Exit,
  ExecResult,
  Provider,
  ReapedObject,
  ReapScope,
  Report,
  Run,
  Session,
  Unit,
  UnitSpec,
} from '@moorage/core'
import { TEARDOWN_TIMEOUT_MS } from '../../packages/core/src/provisioning/task-stack.ts'
import { idIn, type Engine } from './engine.ts'
import type { Process } from './machine.ts'

interface Started {
  settled: boolean
  unit: boolean
  stopped: boolean
}

interface Work {
  readonly engine: Engine
  readonly process: Process
  readonly run: Run
  readonly report: Report
  readonly starts: Map<string, Started>
  /** When the first teardown of the run began. */
  downSince?: number
}

/** The engine's provider in one process. It says when core breaks its word to providers. */
export function providerOf(engine: Engine, process: Process): Provider {
  return {
    name: 'sim',
    form: 'process',
    probe: async () => await engine.request(process, 'probe', () => ({ ok: true, detail: 'simulated' })),
    open: async (run, report, signal) => await open({ engine, process, run, report, starts: new Map() }, signal),
    reap: async (scope) => await reap(engine, process, scope),
  }
}

async function open(work: Work, signal: AbortSignal): Promise<Session> {
  const { engine, process, run, report } = work
  const network = `${run.id}/network`
  engine.madeBy(run.id, process.owner)
  begins(work, 'a session', signal)
  report.journal({ id: network })
  signal.addEventListener('abort', () => goesDown(work))
  const deaf = engine.host.schedule.chance.yes(engine.faults.deaf)
  await engine.request(process, network, () => engine.create(network, labelOf(work)))
  if (signal.aborted && !deaf) {
    await remove(work, network)
    throw signal.reason
  }
  const starting = new Set<Promise<Unit>>()
  return {
    reserve: async (_service, ports) => await engine.request(process, 'reserve', () => ports),
    start: async (spec, abort) => {
      const unit = start(work, spec, abort)
      starting.add(unit)
      return await unit
    },
    async close() {
      goesDown(work)
      const left = [...work.starts].filter(([, { unit, stopped }]) => unit && !stopped).map(([name]) => name)
      if (left.length && !overdue(work))
        engine.violated(`the session of ${run.id} was closed before ${left.join(', ')}`)
      await Promise.allSettled(starting)
      const mine = await engine.request(process, 'list', () =>
        [...engine.things].filter(([, thing]) => thing.run === run.id).map(([id]) => id),
      )
      const ends = await Promise.allSettled(mine.map((id) => remove(work, id)))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    },
  }
}

async function start(work: Work, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { engine, process, run, report } = work
  const { schedule } = engine.host
  const { chance } = schedule
  const id = `${run.id}/${spec.name}`
  begins(work, id, signal)
  const started: Started = { settled: false, unit: false, stopped: false }
  work.starts.set(spec.name, started)
  const deaf = chance.yes(engine.faults.deaf)
  try {
    report.journal({ id })
    if (chance.yes(engine.faults.killsSupervisors * 0.1)) {
      engine.note(`supervisor ${process.owner.pid} killed between journal and creation`)
      process.kill(schedule.now)
    }
    report.phase(spec.name, 'start')
    await engine.request(process, id, () => engine.create(id, labelOf(work)))
    if (signal.aborted && !deaf) throw signal.reason
  } catch (error) {
    await remove(work, id).catch(() => {})
    started.settled = true
    throw error
  }
  Object.assign(started, { settled: true, unit: true })
  return unitOf(work, spec, started)
}

function unitOf(work: Work, spec: UnitSpec, started: Started): Unit {
  const { engine, process, run } = work
  const { schedule } = engine.host
  const { chance } = schedule
  const exited = Promise.withResolvers<Exit>()
  const oneshot = spec.process?.command?.[0] === 'once'
  const ends = oneshot || chance.yes(engine.faults.crashes)
  if (ends)
    schedule.at(schedule.now + chance.between(0, 2_000), process, () =>
      exited.resolve({ reason: 'exited', code: oneshot && !chance.yes(engine.faults.crashes) ? 0 : 3 }),
    )
  let tries = chance.below(4)
  const needs = (spec.process?.options['users'] ?? []) as readonly string[]
  return {
    endpoint: (port) => Promise.resolve({ host: '127.0.0.1', port }),
    async *logs() {
      yield { stream: 'stdout', text: await engine.request(process, 'logs', () => 'listening') }
    },
    exited: exited.promise,
    exec: async (): Promise<ExecResult> =>
      await engine.request(process, 'exec', () => ({ code: tries-- > 0 ? 1 : 0, stdout: '', stderr: '' })),
    async stop() {
      for (const user of needs) {
        const other = work.starts.get(user)
        if (other && !(other.settled && !other.unit) && !other.stopped && !overdue(work))
          engine.violated(`${spec.name} was stopped before ${user}, which needs it`)
      }
      try {
        await remove(work, `${run.id}/${spec.name}`)
      } finally {
        started.stopped = true
      }
    },
  }
}

async function reap(
  engine: Engine,
  process: Process,
  { journals, alive }: ReapScope,
): Promise<readonly ReapedObject[]> {
  const named = new Set(journals.flatMap(({ entries }) => entries.map(idIn)))
  const dead = await engine.request(process, 'list', () =>
    [...engine.things].filter(([id, { owner }]) => named.has(id) || (owner !== undefined && !alive(owner))),
  )
  const ends = await Promise.allSettled(
    dead.map(([id]) => engine.request(process, id, () => engine.remove(id, process))),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return dead.map(([id, { run }]) => ({ kind: 'thing', id, run }))
}

async function remove({ engine, process, run }: Work, id: string): Promise<void> {
  await engine.request(process, id, () => engine.remove(id, process, run.id))
}

function labelOf({ engine, process, run }: Work): { readonly run: string; readonly owner?: Process['owner'] } {
  return { run: run.id, ...(engine.faults.labelled ? { owner: process.owner } : {}) }
}

function begins(work: Work, what: string, signal: AbortSignal): void {
  const { engine, process, run } = work
  if (process.goesDown || work.downSince !== undefined)
    engine.violated(`${what} was begun after the way down of ${run.id} had begun`)
  if (signal.aborted) engine.violated(`${what} was begun although ${run.id} was aborted`)
}

function goesDown(work: Work): void {
  work.downSince ??= work.engine.host.schedule.now
}

/** Teardowns that took too long no longer hold up the others. */
function overdue({ engine, downSince = 0 }: Work): boolean {
  return engine.host.schedule.now >= downSince + TEARDOWN_TIMEOUT_MS
}
