import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  homeFolder,
  currentOwner,
  type Json,
  type Owner,
  type Run,
  type Session,
  type Unit,
} from '@moorage/core/provider'
import { exchange } from './unit-io.ts'
import type { ProviderSubject, UnitForm } from './provider-subject.ts'

/** A session of the provider under test, and what it has reported. */
export interface SessionUnderTest {
  readonly run: Run
  readonly session: Session
  readonly phases: readonly string[]
  readonly journal: readonly Json[]
  /** Aborts what runs in the session. */
  readonly abort: AbortController
  /** Starts a unit with one port, `main`. `signal` defaults to that of `abort`. */
  start(service: string, form: (port: number) => UnitForm, signal?: AbortSignal): Promise<StartedUnit>
}

export interface StartedUnit {
  readonly unit: Unit
  readonly port: number
}

// 200 attempts, 20 ms apart: what a server takes to listen once it has started.
const ATTEMPTS = 200
const ATTEMPT_INTERVAL_MS = 20

export async function openSession(
  { provider }: ProviderSubject,
  owner: Owner = currentOwner(),
): Promise<SessionUnderTest> {
  const abort = new AbortController()
  const phases: string[] = []
  const journal: Json[] = []
  const id = `contract-${randomBytes(4).toString('hex')}`
  const run: Run = {
    id,
    labels: { 'moorage.run': id },
    owner,
    root: process.cwd(),
    cache: process.env['MOORAGE_CACHE_DIR'] ?? join(homeFolder(), '.cache', 'moorage'),
  }
  const report = {
    phase: (_: string, phase: string) => void phases.push(phase),
    journal: (entry: Json) => void journal.push(entry),
    notice: () => {},
  }
  const session = await provider.open(run, report, abort.signal)
  return {
    run,
    session,
    phases,
    journal,
    abort,
    async start(service, form, signal = abort.signal) {
      const ports = (await session.reserve?.(service, { main: 0 })) ?? { main: 7000 }
      const port = ports['main'] as number
      return {
        port,
        unit: await session.start({ name: service, ports, env: {}, sensitive: [], ...form(port) }, signal),
      }
    },
  }
}

/** What an echo unit answers to `ping`, or what stands in for an answer when it never does. */
export async function echoes({ unit, port }: StartedUnit): Promise<string> {
  const address = await unit.endpoint(port, 'host')
  for (let attempt = 0; ; attempt++) {
    const answer = await exchange(address.host, address.port, 'ping')
    if (answer === 'ping' || attempt > ATTEMPTS) return answer
    await sleep(ATTEMPT_INTERVAL_MS)
  }
}
