import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDeadRuns } from '../../packages/core/src/recovery/journal.ts'
import { supervisorPaths } from '../../packages/core/src/protocol/paths.ts'
import { Engine, idIn } from './engine.ts'
import { faultless, someFaults, type Faults } from './faults.ts'
import { Host, type Process } from './machine.ts'
import { someOrder } from './orders.ts'
import { Chance, Schedule } from './schedule.ts'
import { PLACE, World } from './world.ts'

export interface Outcome {
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** What has happened in this world, for the count of all worlds. */
  readonly seen: readonly string[]
}

const HOUR = 3_600_000
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** One world, from its seed: who comes, what fails, who dies, and when. */
export async function play(seed: number): Promise<Outcome> {
  const chance = new Chance(seed)
  const runFolder = mkdtempSync(join(memory, 'moorage-sim-'))
  try {
    const schedule = new Schedule(chance)
    const host = new Host(schedule, { paths: supervisorPaths(PLACE, runFolder), runFolder, cache: runFolder })
    const engine = new Engine(host, someFaults(chance))
    const world = new World(engine, someOrder(chance))
    const foreign = addForeign(engine)
    addTrouble(world)
    if (!(await schedule.run(HOUR)))
      engine.violated(
        `not over after an hour: ${host.processes
          .filter(({ alive }) => alive)
          .map(({ kind, owner }) => `${kind} ${owner.pid}`)
          .join(', ')}`,
      )
    const quiet = faultless(engine.faults)
    checkAnswers(world, quiet)
    checkLeftovers(world, quiet)
    await checkSweep(world, foreign)
    return {
      violations: engine.violations,
      trace: engine.trace.map((line) => line.replaceAll(runFolder, 'RUN')),
      seen: seenIn(world),
    }
  } finally {
    rmSync(runFolder, { recursive: true, force: true })
  }
}

/** What is not ours, and what belongs to a neighbour who lives. */
function addForeign(engine: Engine): readonly string[] {
  const neighbour = engine.host.spawn('client')
  engine.madeBy('run-neighbour', neighbour.owner)
  engine.things.set('somebody/a', { run: 'somebody', foreign: true, refusals: 0 })
  engine.things.set('run-neighbour/a', { run: 'run-neighbour', owner: neighbour.owner, foreign: true, refusals: 0 })
  return [...engine.things.keys()]
}

function addTrouble(world: World): void {
  const { engine, host } = world
  const { schedule } = host
  const { chance } = schedule
  const { faults } = engine
  const soon = (): number => chance.pick([0, 10, 60, 300, 3_000]) * chance.next()
  const come = (at: number): void => {
    schedule.at(schedule.now + at, undefined, () => {
      const client = world.client({ holds: soon(), ...(chance.yes(faults.aborts) ? { abortAfter: soon() } : {}) })
      if (!chance.yes(faults.killsClients)) return
      schedule.at(schedule.now + soon(), undefined, () => {
        engine.note(`${client.name} is killed`)
        client.process.kill(schedule.now)
      })
    })
  }
  for (let n = 1 + chance.below(3); n > 0; n--) come(soon())
  // A second client during the teardown, just before the door is shut or just after.
  let more = 2
  world.onShut = () => {
    if (more-- > 0 && chance.yes(0.4)) come(chance.pick([0, 0, 5, 50]) * chance.next())
  }
  world.onBirth = (process) => haunt(world, process, faults)
  const visited = new Set<Process>()
  host.onVisit = (process) => {
    if (visited.has(process)) engine.met.push('attached')
    visited.add(process)
    if (!chance.yes(faults.endsSupervisors * 0.5)) return
    engine.note(`supervisor ${process.owner.pid} gets SIGTERM when a client has come`)
    schedule.at(schedule.now + chance.next() * 10, process, () => world.terminate(process))
  }
}

/** What may happen to a supervisor. */
function haunt(world: World, process: Process, faults: Faults): void {
  const {
    engine,
    host: { schedule },
  } = world
  const { chance } = schedule
  const at = (share: number, what: string, act: () => void): void => {
    if (!chance.yes(share)) return
    schedule.at(schedule.now + chance.pick([20, 60, 100, 400, 4_000]) * chance.next(), undefined, () => {
      if (!process.alive) return
      engine.note(`supervisor ${process.owner.pid} ${what}`)
      act()
    })
  }
  at(faults.killsSupervisors * 0.7, 'is killed', () => process.kill(schedule.now))
  at(
    faults.endsSupervisors,
    'gets SIGTERM',
    () => void schedule.at(schedule.now, process, () => world.terminate(process)),
  )
  at(
    faults.stopsSupervisors,
    'is stopped',
    () => void (process.stoppedUntil = schedule.now + chance.between(1_000, 90_000)),
  )
}

function checkAnswers({ clients, engine }: World, quiet: boolean): void {
  const { faults } = engine
  for (const { name, process, joined, answer, aborted, answered, told } of clients) {
    // Its process ends once it has its last answer, so one that lives has none.
    if (process.alive) engine.violated(`${name} never got an answer (last: ${answer ?? 'none'})`)
    if (aborted !== undefined && (answered ?? Infinity) - aborted > 1_000 && answer !== undefined)
      engine.violated(`${name} was aborted, and answered after ${(answered ?? 0) - aborted} ms`)
    if (!faults.stopsSupervisors && /none answered|was not there/.test(answer ?? ''))
      engine.violated(`${name} found no supervisor, though none was stopped`)
    const unharmed = !faults.killsSupervisors && !faults.stopsSupervisors && (!faults.endsSupervisors || !joined)
    const death = unharmed && [answer ?? '', ...told].find((text) => /is gone|was killed/.test(text))
    if (death) engine.violated(`${name} was told of a death that was none: ${death}`)
    if (answer?.includes('cannot be written')) engine.violated(`${name} was let in when the run was over: ${answer}`)
    if (quiet && answer !== 'left') engine.violated(`without any fault, ${name} got: ${answer ?? 'nothing'}`)
    if (quiet && told.some((text) => /killed|answer/.test(text)))
      engine.violated(`without any fault, ${name} was told: ${told.join('; ')}`)
  }
}

// Milliseconds between the end of the last client and that of the last supervisor, where the engine answers at once.
const GONE = 5_000

function checkLeftovers({ engine, host, stays }: World, quiet: boolean): void {
  const { faults } = engine
  const swift = !faults.slow && !faults.hangs && !faults.stopsSupervisors
  const lastOf = (kind: Process['kind']): number =>
    Math.max(
      0,
      ...host.processes
        .slice(1)
        .filter((process) => process.kind === kind && !process.alive)
        .map(({ ended }) => ended),
    )
  if (swift && lastOf('supervisor') > lastOf('client') + GONE + stays)
    engine.violated(`the last supervisor ended ${lastOf('supervisor') - lastOf('client')} ms after the last client`)
  // Whoever outlives its supervisor removes what that one left.
  const recovered =
    swift && !stays && !faults.fails && !faults.refused && !faults.killsClients && !faults.aborts && !faults.labelled
  const named = new Set(
    readDeadRuns(host.folders.runFolder, (owner) => host.lives(owner)).flatMap(({ entries }) =>
      entries.map(({ entry }) => idIn(entry)),
    ),
  )
  for (const [id, { foreign, owner }] of engine.things) {
    if (foreign) continue
    const known = named.has(id) || (owner !== undefined && !host.lives(owner))
    if (!known) engine.violated(`${id} is left, and no journal and no label says whose it was`)
    else if (quiet || recovered) engine.violated(`${id} is left, though only the supervisor had failed`)
  }
  for (const { alive, kind, owner } of host.processes.slice(1))
    if (alive) engine.violated(`${kind} ${owner.pid} still runs`)
}

/** The engine is well again: one sweep removes what is left, and nothing else. */
async function checkSweep(world: World, foreign: readonly string[]): Promise<void> {
  const { engine, host } = world
  const { labelled } = engine.faults
  engine.faults = { ...engine.faults, fails: 0, slow: 0, hangs: 0, refused: 0, killsSupervisors: 0 }
  for (const thing of engine.things.values()) thing.refusals = 0
  const process = host.spawn('recovery')
  void world.sweep(process, labelled)
  await host.schedule.run(host.schedule.now + HOUR)
  for (const id of engine.things.keys()) if (!foreign.includes(id)) engine.violated(`${id} survived the next sweep`)
  for (const id of foreign) if (!engine.things.has(id)) engine.violated(`foreign ${id} is gone`)
  for (const name of readdirSync(host.folders.runFolder)) engine.violated(`the next sweep left the file ${name}`)
}

function seenIn({ clients, host, engine }: World): readonly string[] {
  const kinds = clients.map(({ answer, aborted, process }) =>
    answer === undefined
      ? process.alive
        ? 'hung'
        : 'killed'
      : aborted === undefined
        ? (/^[A-Z_]+|^left$|^left/.exec(answer)?.[0] ?? answer)
        : 'aborted',
  )
  return [...kinds, ...engine.met, ...host.processes.filter(({ kind }) => kind !== 'client').map(({ kind }) => kind)]
}
