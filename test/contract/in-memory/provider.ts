import { createServer, type Server } from 'node:net'
import {
  MoorageError,
  type Exit,
  type LogLine,
  type Provider,
  type Report,
  type Run,
  type Session,
  type Unit,
  type UnitSpec,
} from '@moorage/core'

/** What the engine in memory holds, by run and service: a stand-in for an engine, for fast tests and simulations. */
export interface Engine {
  readonly units: Map<
    string,
    { readonly owner: Run['owner']; readonly run: string; end(exit: Exit): void; close(): Promise<void> }
  >
}

export function createEngine(): Engine {
  return { units: new Map() }
}

/** A provider whose services live in this process, with real loopback listeners; `command[0]` chooses what they do. */
export function inMemory(engine: Engine): Provider {
  return {
    name: 'in-memory',
    form: 'process',
    probe: () => Promise.resolve({ ok: true, detail: 'in this process' }),
    open: (run, report) => Promise.resolve(openSession(engine, run, report)),
    hostAccess: () => Promise.resolve(undefined),
    async reap({ journals, alive, dry }) {
      const runs = new Set(journals.map(({ run }) => run))
      const dead = [...engine.units].filter(([, unit]) => runs.has(unit.run) && !alive(unit.owner))
      if (!dry) await Promise.all(dead.map(([, unit]) => unit.close()))
      return dead.map(([id, { run }]) => ({ kind: 'unit', id, run }))
    },
  }
}

function openSession(engine: Engine, run: Run, report: Report): Session {
  const starting = new Set<Promise<Unit>>()
  return {
    async reserve() {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((done) => server.once('listening', done))
      const { port } = server.address() as { port: number }
      await new Promise((done) => server.close(done))
      return { main: port }
    },
    async start(spec, signal) {
      const unit = startUnit({ engine, run, report }, spec, signal)
      starting.add(unit)
      return await unit
    },
    expose: (port) => Promise.resolve({ host: '127.0.0.1', port }),
    async close() {
      await Promise.allSettled(starting)
      await Promise.all([...engine.units.values()].filter((unit) => unit.run === run.id).map((unit) => unit.close()))
    },
  }
}

interface Work {
  readonly engine: Engine
  readonly run: Run
  readonly report: Report
}

async function startUnit({ engine, run, report }: Work, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  signal.throwIfAborted()
  const id = `${run.id}/${spec.name}`
  const [life] = spec.process?.command ?? []
  if (life === 'absent')
    throw new MoorageError('PROGRAM_NOT_FOUND', `services.${spec.name}: there is no such life.`, { service: spec.name })
  report.journal({ id })
  report.phase(spec.name, 'start')
  const exit = Promise.withResolvers<Exit>()
  const lines: LogLine[] = []
  const port = spec.ports['main'] ?? 0
  const server = life === 'echo' ? await listen(port) : undefined
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeServer(server).then(() => void engine.units.delete(id)))
  engine.units.set(id, {
    owner: run.owner,
    run: run.id,
    end: (end) => void closeServer(server).then(() => exit.resolve(end)),
    close,
  })
  if (signal.aborted) {
    await close()
    throw signal.reason
  }
  if (life === 'echo') lines.push({ stream: 'stdout', text: 'listening' }, { stream: 'stderr', text: 'warned' })
  if (life === 'output') for (const text of ['out', 'x'.repeat(100_000), 'last']) lines.push({ stream: 'stdout', text })
  if (life === 'crash') lines.push({ stream: 'stderr', text: 'broken' })
  if (life === 'output' || life === 'crash') exit.resolve({ reason: 'exited', code: life === 'output' ? 0 : 3 })
  return {
    endpoint: (number) => Promise.resolve({ host: '127.0.0.1', port: number }),
    async *logs({ tail }) {
      yield* tail === undefined ? lines : lines.slice(-tail)
    },
    exited: exit.promise,
    stop: close,
    exec: async (command) => await runCommand(command),
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(port, '127.0.0.1')
  await new Promise((done, fail) => server.once('listening', done).once('error', fail))
  return server
}

function closeServer(server: Server | undefined): Promise<void> {
  return new Promise((done) => (server?.listening ? server.close(() => done()) : done()))
}

async function runCommand([name, host, port]: readonly string[]): Promise<{
  code: number
  stdout: string
  stderr: string
}> {
  if (name === 'succeeds') return { code: 0, stdout: 'to out\n', stderr: 'to err\n' }
  if (name === 'fails') return { code: 7, stdout: '', stderr: '' }
  if (name !== 'connects') return { code: 127, stdout: '', stderr: '' }
  const { connect } = await import('node:net')
  const answer = await new Promise<string>((done) => {
    const socket = connect({ host: host as string, port: Number(port) }, () => socket.write('ping'))
    socket.once('data', (data) => {
      socket.destroy()
      done(String(data))
    })
  })
  return { code: 0, stdout: answer, stderr: '' }
}
