import { setTimeout as sleep } from 'node:timers/promises'
import { Chance } from '../../test/simulation/schedule.ts'
import type { ProviderName } from '../harness/engine.ts'
import { openStage, type Stage } from '../harness/fixture.ts'
import type { Spawned } from '../../test/inventory/world.ts'

export type Victim = 'runner' | 'supervisor' | 'both'

/** What a seed decides: who is killed, and after which share of an undisturbed run. */
export interface Kill {
  readonly victim: Victim
  readonly share: number
}

const VICTIMS: readonly Victim[] = ['runner', 'supervisor', 'both']
const FOLDER = 'e2e/fixtures/lifecycle'
const LASTS_MS = '300'
// Milliseconds until nothing is left: what issue 7 allows. Kubernetes' own limit is the harness'.
const WITHIN = 10_000
// Milliseconds for a runner that has lost its supervisor: it recovers, and ends.
const END = 30_000

export function killOf(seed: number): Kill {
  return { victim: VICTIMS[seed % VICTIMS.length] as Victim, share: new Chance(seed).next() }
}

/** Kills at the seed's moment and waits until the inventory is as before. Gives what happened. */
export async function killAt(provider: ProviderName, { victim, share }: Kill): Promise<string> {
  const duration = await (durations.get(provider) ?? measure(provider))
  await using stage = await openStage(FOLDER, provider)
  const since = performance.now()
  const child = await hold(stage)
  await sleep(share * duration)
  const killed =
    victim === 'supervisor'
      ? await killFirstSupervisor(stage, child)
      : await killRunner(stage, child, victim === 'both')
  const at = Math.round(performance.now() - since)
  await endOf(child, victim)
  if (victim === 'both') {
    const next = await hold(stage, '0')
    const { code } = await next.ended
    if (code !== 0) throw new RangeError(`the next start failed:\n${next.output()}`)
  }
  const left = await stage.clean(WITHIN)
  return `${killed} after ${at} of ${Math.round(duration)} ms; nothing left ${left} ms later`
}

const durations = new Map<ProviderName, Promise<number>>()

/** An undisturbed run, from its birth to its end. */
function measure(provider: ProviderName): Promise<number> {
  const measured = undisturbed(provider)
  durations.set(provider, measured)
  return measured
}

async function undisturbed(provider: ProviderName): Promise<number> {
  await using stage = await openStage(FOLDER, provider)
  // The first one fills caches; a machine that is busy meanwhile must not move the moments behind the end.
  let duration = Infinity
  for (let n = 0; n < 2; n++) {
    const since = performance.now()
    const child = await hold(stage)
    const { code } = await child.ended
    if (code !== 0) throw new RangeError(`an undisturbed run failed:\n${child.output()}`)
    duration = Math.min(duration, performance.now() - since)
  }
  await stage.clean(WITHIN)
  return duration
}

function hold(stage: Stage, lasts = LASTS_MS): Promise<Spawned> {
  return stage.start([process.execPath, 'hold.mjs'], { LASTS_MS: lasts })
}

async function killRunner(stage: Stage, child: Spawned, supervisors: boolean): Promise<string> {
  const first = supervisors ? await supervisorsOf(stage) : []
  const runner = kill(child.pid) ? 'runner killed' : 'runner over'
  for (const pid of first) kill(pid)
  // One that was just being born.
  const later = supervisors ? await killSupervisors(stage) : ''
  return [runner, first.length ? 'supervisor killed' : later].filter(Boolean).join(', ')
}

/** At its birth, where the moment comes before it. */
async function killFirstSupervisor(stage: Stage, child: Spawned): Promise<string> {
  let over = false
  void child.ended.then(() => (over = true))
  for (;;) {
    const last = over
    const killed = await killSupervisors(stage)
    if (killed === 'supervisor killed' || last) return killed
  }
}

async function killSupervisors(stage: Stage): Promise<string> {
  const pids = (await supervisorsOf(stage)).filter(kill)
  return pids.length ? 'supervisor killed' : 'no supervisor there'
}

/** Only what this stage's own world has started. */
async function supervisorsOf({ world }: Stage): Promise<readonly number[]> {
  const items = (await world.kinds[0]?.take()) ?? []
  return items
    .flatMap((item) => /^(\d+) .*(moorage supervisor|\/main\.[jt]s supervisor )/.exec(item)?.[1] ?? [])
    .map(Number)
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

/** Whoever is not killed ends by itself, well or with an error that says why. */
async function endOf(child: Spawned, victim: Victim): Promise<void> {
  const end = await Promise.race([child.ended, sleep(END)])
  if (!end) throw new RangeError(`the runner has not ended within ${END / 1000} s:\n${child.output()}`)
  if (victim !== 'supervisor' || end.code === 0) return
  // A page that is gone is the test's own failure; every other error has a code of moorage's.
  if (!/^FAILED (SUPERVISOR_FAILED|FORWARD_FAILED|ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/m.test(child.output()))
    throw new RangeError(`the runner ended with ${end.code}, and no word that explains it:\n${child.output()}`)
}
