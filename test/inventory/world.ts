import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Kind } from './kind.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

export interface Spawned {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** What it has written to stdout and stderr, or to its terminal. */
  output(): string
  kill(signal: NodeJS.Signals): void
  /** Types into its terminal. */
  type(text: string): void
}

export interface SpawnOptions {
  readonly cwd: string
  readonly env?: { readonly [name: string]: string | undefined }
  readonly tty?: boolean
}

/** Processes under a subreaper: whatever they start, however it detaches itself, is found again. */
export interface World extends AsyncDisposable {
  readonly folder: string
  spawn(argv: readonly string[], options: SpawnOptions): Promise<Spawned>
  /** The kind of what lives here, and of what lies in the private temporary folder. */
  readonly kinds: readonly Kind[]
}

type Said =
  | { readonly ready: number }
  | { readonly started: number }
  | { readonly exited: number; readonly code: number | null; readonly signal: number | null }

export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'world-'))
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const reaper = spawn('python3', [join(dirname(fileURLToPath(import.meta.url)), 'reaper.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const root = reaper.pid as number
  const started: PromiseWithResolvers<number>[] = []
  const ends = new Map<number, PromiseWithResolvers<Ended>>()
  const endOf = (pid: number): PromiseWithResolvers<Ended> => {
    const known = ends.get(pid) ?? Promise.withResolvers<Ended>()
    ends.set(pid, known)
    return known
  }
  const ready = Promise.withResolvers<void>()
  createInterface({ input: reaper.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Said
    if ('ready' in said) ready.resolve()
    else if ('started' in said) started.shift()?.resolve(said.started)
    else
      endOf(said.exited).resolve({
        code: said.code,
        signal: Object.entries(constants.signals).find(([, number]) => number === said.signal)?.[0] ?? null,
      })
  })
  await ready.promise
  const onProgress = (order: object): void => void reaper.stdin.write(`${JSON.stringify(order)}\n`)
  let count = 0
  return {
    folder,
    async spawn(argv, { cwd, env, tty = false }) {
      const log = join(folder, `${count++}.log`)
      const pid = Promise.withResolvers<number>()
      started.push(pid)
      const clean = Object.fromEntries(
        Object.entries({ ...process.env, TMPDIR: temporary, ...env }).filter(
          ([name, value]) => value !== undefined && !/^(VITEST|TEST_|CI$|MOORAGE$|GITHUB_)/.test(name),
        ),
      )
      onProgress({ argv, cwd, log, tty, env: { ...clean, ...env } })
      const number = await pid.promise
      return {
        pid: number,
        ended: endOf(number).promise,
        output: () => readFileSync(log, 'utf8'),
        kill: (signal) => void process.kill(number, signal),
        type: (text) => onProgress({ write: text, to: number }),
      }
    },
    kinds: [
      { name: 'process', take: () => Promise.resolve(descendants(root).map(describe)) },
      { name: 'temporary file', take: () => Promise.resolve(readdirSync(temporary)) },
    ],
    async [Symbol.asyncDispose]() {
      // A failed test must not spoil the next one.
      for (let left = descendants(root); left.length; left = descendants(root)) {
        for (const pid of left) kill(pid)
        await new Promise((done) => setTimeout(done, 20))
      }
      reaper.stdin.end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone in the meantime.
  }
}

/** Everything below a process, zombies left out: they are only waiting to be counted. */
export function descendants(root: number): readonly number[] {
  for (;;) {
    const parents = new Map<number, number>()
    const dead = new Set<number>()
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const fields = statOf(Number(name))
      if (fields?.[0] === 'Z') dead.add(Number(name))
      if (fields) parents.set(Number(name), Number(fields[1]))
    }
    // A parent that ended while we read has left its children to another one, whom we have not seen: look again.
    if ([...parents.values()].some((parent) => parent !== 0 && !parents.has(parent))) continue
    const isBelow = (pid: number): boolean => {
      for (let at = parents.get(pid); at !== undefined; at = parents.get(at)) if (at === root) return true
      return false
    }
    return [...parents.keys()].filter((pid) => !dead.has(pid) && isBelow(pid))
  }
}

/** proc_pid_stat: the fields after the name in brackets; state, parent, … and the start time as the 20th of them. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

// The start time tells a process from a later one with the same number.
function describe(pid: number): string {
  let command = ''
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 160)
  } catch {
    // Gone in the meantime.
  }
  return `${pid} started at ${statOf(pid)?.[19] ?? '?'}: ${command}`
}
