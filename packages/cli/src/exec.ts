import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { MoorageError } from '@moorage/core'
import { findConfig, loadConfig } from '@moorage/core/provisioning'
import type { Invocation } from './main.ts'

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs a command with the services' URLs in its environment; its exit code and the signals are passed on. */
export async function exec({ args, config, provision }: Invocation): Promise<number> {
  const [program, ...rest] = args
  if (program === undefined) throw new MoorageError('USAGE', 'moorage exec: there is no command to run.', { hint: 'Write: moorage exec -- npm test' })
  const abort = new AbortController()
  let caught: (typeof PASSED_ON)[number] | undefined
  let pass = (signal: (typeof PASSED_ON)[number]): void => {
    caught ??= signal
    abort.abort(new MoorageError('ABORTED', `Stopped by ${signal} while services were starting.`))
  }
  const listeners = PASSED_ON.map((signal) => [signal, () => pass(signal)] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  try {
    const file = config === undefined ? findConfig(process.cwd()) : existing(resolve(config))
    await using env = await provision(await loadConfig(file), { signal: abort.signal })
    return await new Promise<number>((done, fail) => {
      const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, ...env.env } })
      // In a terminal Ctrl-C reaches the child by itself; a second copy of the signal would end it without its clean-up.
      pass = (signal) => {
        if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
      }
      child.once('error', (cause) => fail(new MoorageError('USAGE', `moorage exec: '${program}' cannot be run.`, { hint: 'Check its name and the PATH.', cause })))
      child.once('exit', (code, signal) => done(code ?? exitCode(signal)))
    })
  } catch (error) {
    if (caught) return exitCode(caught)
    throw error
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

function existing(file: string): string {
  if (existsSync(file)) return file
  throw new MoorageError('CONFIG_NOT_FOUND', `--config: there is no file ${file}.`, { hint: 'Give the path of a config, or leave it out for moorage.config.ts of this folder.' })
}

/** What a shell gives for a command that a signal ended. */
function exitCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal ? constants.signals[signal] : 0)
}
