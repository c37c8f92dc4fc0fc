import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { binary } from '../go-programs.ts'
import { kubeconfigOf } from '../kubernetes-paths.ts'
import { kubectl as program } from '../kubernetes-programs.ts'
import { sources } from '../paths.ts'

export interface Outcome {
  code: number | null
  out: string
  err: string
  seconds: number
}

const main = join(sources, 'main.ts')

export interface BedOptions {
  env?: Record<string, string>
  /** A command that runs the bed's. */
  prefix?: string[]
}

/** Runs the bed's command as a user does. */
export function bed(command: string, options: BedOptions = {}): Promise<Outcome> {
  const [file = '', ...args] = [...(options.prefix ?? []), process.execPath, main, command]
  return outcome(spawn(file, args, { env: { ...process.env, ...options.env } }))
}

export function bedProcess(command: string): ChildProcess {
  return spawn(process.execPath, [main, command], { stdio: 'ignore' })
}

/** The docker command, whatever its end. */
export function docker(...args: string[]): Promise<Outcome> {
  const env = { ...process.env, DOCKER_HOST: 'unix:///run/moorage-testbed/docker.sock' }
  return outcome(spawn('/usr/bin/docker', args, { env }))
}

/** The kubectl command as admin, whatever its end. */
export function kubectl(...args: string[]): Promise<Outcome> {
  return outcome(spawn(binary(program), ['--kubeconfig', kubeconfigOf('admin'), ...args]))
}

function outcome(child: ReturnType<typeof spawn>): Promise<Outcome> {
  const start = performance.now()
  const result = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (result.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (result.err += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...result, code, seconds: (performance.now() - start) / 1000 }))
  })
}
