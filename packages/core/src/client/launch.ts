import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { EnvVariables } from '../config/env-variables.ts'
import { siblingModule } from '../provider-kit/module-path.ts'
import type { RunFolders } from '../supervisor/supervisor-context.ts'

export interface LaunchResult {
  /** What it says of itself: `up`, `taken` by another one, `failed` and why; or `died`. */
  readonly status: string
  /** Cuts the status cord; from then on the connection is the lifeline. */
  release(): void
}

/** Starts a supervisor. Settles when it listens, when another one holds the place, or when it died. */
export async function launchSupervisor(folders: RunFolders, env: EnvVariables): Promise<LaunchResult> {
  const child = spawnSupervisor('supervisor', folders, env)
  const { stdin, stdout } = child as unknown as { stdin: Socket; stdout: Socket }
  stdin.on('error', () => {})
  stdin.unref()
  const status = await new Promise<string>((done) => {
    stdout.once('data', (data: Buffer) => done(String(data).trim()))
    child.once('exit', () => done('died'))
    child.once('error', () => done('died'))
  })
  const release = (): void => {
    stdin.destroy()
    stdout.destroy()
    child.unref()
  }
  return { status, release }
}

/** Starts the clean-up after a killed supervisor; goes on when this process ends. Settles with what it says. */
export async function launchRecovery(folders: RunFolders, env: EnvVariables): Promise<string> {
  const child = spawnSupervisor('recover', folders, env)
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.unref()
  ;(child.stdout as Socket).unref()
  return await new Promise((done) => child.once('close', () => done(said.trim())).once('error', () => done('')))
}

function spawnSupervisor(mode: 'supervisor' | 'recover', folders: RunFolders, env: EnvVariables): ChildProcess {
  const log = openLog(folders.place.log)
  // Without RUNNER_TRACKING_ID the GitHub runner does not kill it before it has cleaned up.
  const { RUNNER_TRACKING_ID: _, NODE_OPTIONS: _options, ...rest } = env
  try {
    const main = fileURLToPath(siblingModule(import.meta.url, '../supervisor/main'))
    return spawn(process.execPath, [main, mode, JSON.stringify(folders)], {
      detached: true,
      windowsHide: true,
      cwd: '/',
      stdio: ['pipe', 'pipe', log],
      env: rest,
    })
  } finally {
    closeSync(log)
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a', 0o600)
  } catch (cause) {
    throw new MoorageError(
      'SUPERVISOR_FAILED',
      `The supervisor's log ${file} cannot be written: ${messageOf(cause)}.`,
      {
        hint: 'Make room or give rights there, or set MOORAGE_CACHE_DIR to a folder of yours.',
        cause,
      },
    )
  }
}
