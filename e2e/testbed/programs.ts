import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { admission } from './control-group.ts'
import { logs, runtime } from './paths.ts'

/** A program of the bed. A part lists its programs in start order; they stop in reverse order. */
export interface Program {
  name: string
  argv: string[]
  /** True once it answers; asked every 20 ms. */
  ready: () => Promise<boolean>
  /** Seconds it may take to answer; default 30. */
  patience?: number
  /** Seconds between SIGTERM and SIGKILL; default 10. */
  grace?: number
  /** A program that must see what this one mounts. */
  beside?: string
}

/** The process id of a running program of this name, if it is the one that was started under it. */
export function running(name: string): number | undefined {
  try {
    const [pid, started] = readFileSync(pidFile(name), 'utf8').trim().split(' ')
    return started === startOf(Number(pid)) ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

export async function start(program: Program): Promise<void> {
  await mkdir(logs, { recursive: true })
  const log = openSync(logFile(program.name), 'w')
  // The shell moves itself, so that no child can be born outside the group, and drops what it inherited: a CI job may
  // wait for the end of a pipe that a program of the bed would hold open.
  const enter = `echo $$ > ${await admission(program.name)} || exit
    for fd in /proc/$$/fd/*; do fd=\${fd##*/}; [ $fd -le 2 ] || eval "exec $fd>&-"; done
    exec "$@"`
  const argv = ['-c', enter, 'bash', ...mountsOf(program.beside), ...program.argv]
  const child = spawn('/bin/bash', argv, { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  const pid = child.pid ?? 0
  await writeFile(pidFile(program.name), `${pid} ${startOf(pid)}\n`)
  await untilReady(program)
}

/** Started again from within mounts of a caller's own, a program would be alone with what it mounts. */
function mountsOf(name: string | undefined): string[] {
  const pid = name === undefined ? undefined : running(name)
  return pid === undefined ? [] : ['nsenter', `--mount=/proc/${pid}/ns/mnt`, '--wd=/']
}

export async function untilReady(program: Program): Promise<void> {
  const deadline = Date.now() + (program.patience ?? 30) * 1000
  while (!(await inTime(program.ready()).catch(() => false))) {
    const alive = running(program.name) !== undefined
    if (alive && Date.now() < deadline) {
      await sleep(20)
      continue
    }
    const said = readFileSync(logFile(program.name), 'utf8').trim().split('\n').slice(-15).join('\n')
    throw new Error(`${program.name} ${alive ? 'does not answer' : 'ended at once'}; the end of its log:\n${said}`)
  }
}

/** A program that hangs accepts a question and never answers. */
function inTime(answer: Promise<boolean>): Promise<boolean> {
  return Promise.race([answer, sleep(10_000, false, { ref: false })])
}

export async function stop(program: Program): Promise<void> {
  const pid = running(program.name)
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + (program.grace ?? 10) * 1000
    while (running(program.name) && Date.now() < deadline) await sleep(20)
    if (running(program.name)) process.kill(pid, 'SIGKILL')
    while (running(program.name)) await sleep(20)
  }
  await rm(pidFile(program.name), { force: true })
}

/** Boot and start time: a process id alone may by now belong to another process. */
function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return 'ended'
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8)}-${fields[19]}`
}

function pidFile(name: string): string {
  return join(runtime, `${name}.pid`)
}

function logFile(name: string): string {
  return join(logs, `${name}.log`)
}
