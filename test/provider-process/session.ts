import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { currentOwner, type Json, type Run, type Session, type Unit, type UnitSpec } from '@moorage/core'
import { onTestFinished } from 'vitest'
import { provider } from '../../packages/provider-process/src/provider.ts'

const { signal } = new AbortController()

export interface TestSession {
  readonly session: Session
  readonly runId: string
  readonly journal: readonly Json[]
  readonly phases: readonly string[]
  start(process: Partial<NonNullable<UnitSpec['process']>>, ports?: UnitSpec['ports']): Promise<Unit>
}

/** A session of plain processes, which ends with the test. `cache` is the folder for what outlives a run. */
export async function openTestSession(cache = ''): Promise<TestSession> {
  const runId = `process-${randomBytes(4).toString('hex')}`
  const run: Run = { id: runId, labels: {}, owner: currentOwner(), root: process.cwd(), cache }
  const journal: Json[] = []
  const phases: string[] = []
  const report = {
    phase: (_service: string, phase: string): void => void phases.push(phase),
    journal: (entry: Json): void => void journal.push(entry),
    notice: (): void => {},
  }
  const session = await provider().open(run, report, signal)
  onTestFinished(() => session.close())
  return {
    session,
    runId,
    journal,
    phases,
    start: (form, ports = {}) =>
      session.start(
        {
          name: 'a',
          ports,
          env: {},
          sensitive: [],
          process: { options: {}, secrets: {}, cwd: process.cwd(), ...form },
        },
        signal,
      ),
  }
}

export interface ProcessEntry {
  readonly pid: number
  readonly command: string
  readonly environment: string
  readonly uid: number
}

/** The processes of this machine, without zombies. */
export function listProcesses(): readonly ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8')
        if (read('stat').includes(') Z ')) return []
        const uid = Number(/^Uid:\t(\d+)/m.exec(read('status'))?.[1])
        const command = read('cmdline').replaceAll('\0', ' ')
        return [{ pid: Number(name), command, environment: read('environ').replaceAll('\0', '\n'), uid }]
      } catch {
        // The process has ended.
        return []
      }
    })
}
