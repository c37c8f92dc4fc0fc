import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { EnvVariables } from '../config/url-variables.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import { siblingModule } from '../provider-kit/sibling-module.ts'
import type { LaunchReport } from '../protocol/launch-report.ts'
import { compileCache, type RunFolders } from '../protocol/paths.ts'
import { supervisorEnvironment } from './supervisor-environment.ts'

/** How a client reaches a supervisor. */
export interface Transport {
  /** Connects to the supervisor, or gives undefined where none listens. */
  dial(): Promise<Duplex | undefined>
  /** Starts a supervisor. Settles when it listens, when another one is running, or when it has failed. */
  launch(): Promise<LaunchResult>
  /** Starts the clean-up after a killed supervisor, which outlives this process. Settles with what it prints. */
  recover(): Promise<string>
}

export interface LaunchResult {
  readonly report: LaunchReport | { readonly status: 'died' }
  /**
   * Closes the pipes to the supervisor, once a connection replaces them: until then their end tells the supervisor that
   * this process has exited.
   */
  release(): void
}

export function createTransport(folders: RunFolders, env: EnvVariables): Transport {
  const inline = env['MOORAGE_SUPERVISOR'] === 'inline'
  return {
    dial: () => (inline ? dialInline(folders) : dialSocket(folders.paths.socket)),
    launch: () => launchSupervisor(folders, env),
    recover: () => launchRecovery(folders, env),
  }
}

/**
 * Connects to a supervisor in this process, for debugging and unit tests. It ends with the process and leaves its
 * services behind. The client loads it as it launches the other kind, by its file's name.
 */
async function dialInline(folders: RunFolders): Promise<Duplex> {
  const module = (await import(siblingModule(import.meta.url, '../supervisor/inline-supervisor'))) as {
    connectInline(folders: RunFolders): Duplex
  }
  return module.connectInline(folders)
}

// connect(2) for a socket that is absent, or whose process has exited.
const NOT_LISTENING = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']

/**
 * Gives undefined where no process listens. Throws MoorageError (SUPERVISOR_FAILED) where the socket cannot be opened.
 */
export function dialSocket(path: string): Promise<Duplex | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `The supervisor's socket ${path} cannot be opened.`
      if (NOT_LISTENING.includes(cause.code ?? '')) resolve(undefined)
      else reject(new MoorageError('SUPERVISOR_FAILED', message, { cause }))
    })
  })
}

/**
 * Starts a supervisor. Settles when it listens, when another one is running, or when it has failed. Throws MoorageError
 * (SUPERVISOR_FAILED) where its log cannot be written.
 */
async function launchSupervisor(folders: RunFolders, env: EnvVariables): Promise<LaunchResult> {
  const child = spawnSupervisor('supervisor', folders, env)
  const { stdin, stdout } = child as unknown as { stdin: Socket; stdout: Socket }
  stdin.on('error', () => {})
  stdin.unref()
  const report = await new Promise<LaunchResult['report']>((resolve) => {
    stdout.once('data', (data: Buffer) => resolve(parseReport(String(data))))
    child.once('exit', () => resolve({ status: 'died' }))
    child.once('error', () => resolve({ status: 'died' }))
  })
  const release = (): void => {
    stdin.destroy()
    stdout.destroy()
    child.unref()
  }
  return { report, release }
}

/**
 * Starts the clean-up after a killed supervisor, which outlives this process. Settles with what it prints. Throws
 * MoorageError (SUPERVISOR_FAILED) where its log cannot be written.
 */
async function launchRecovery(folders: RunFolders, env: EnvVariables): Promise<string> {
  const child = spawnSupervisor('recover', folders, env)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.unref()
  ;(child.stdout as Socket).unref()
  return await new Promise((resolve) => {
    child.once('close', () => resolve(output.trim())).once('error', () => resolve(''))
  })
}

function parseReport(line: string): LaunchReport {
  try {
    return JSON.parse(line) as LaunchReport
  } catch {
    return { status: 'failed', reason: line.trim() }
  }
}

function spawnSupervisor(mode: 'supervisor' | 'recover', folders: RunFolders, env: EnvVariables): ChildProcess {
  const log = openLog(folders.paths.log)
  try {
    const main = fileURLToPath(siblingModule(import.meta.url, '../supervisor/supervisor-main'))
    return spawn(process.execPath, [main, mode, JSON.stringify(folders)], {
      detached: true,
      windowsHide: true,
      cwd: '/',
      stdio: ['pipe', 'pipe', log],
      // Each module is compiled once on this machine.
      env: { NODE_COMPILE_CACHE: compileCache(folders), ...supervisorEnvironment(env, process.cwd()) },
    })
  } finally {
    closeSync(log)
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600)
  } catch (cause) {
    const message = `The supervisor's log ${file} cannot be written: ${messageOf(cause)}.`
    const hint = 'Free some space there, grant write access, or set MOORAGE_CACHE_DIR to your own folder.'
    throw new MoorageError('SUPERVISOR_FAILED', message, { hint, cause })
  }
}
