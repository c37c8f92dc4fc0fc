import { constants } from 'node:os'
import { resolve } from 'node:path'
import { isMoorageError, messageOf, MoorageError, type ProgressListener } from '@moorage/core'
import { githubAnnotations, findConfig, loadConfig, progressPrinter } from '@moorage/core/runner'
import { encodeReady, encodeStderrLines } from './stdout-handshake.ts'
import type { Provision } from './setup.ts'

const print = progressPrinter(process.stderr, {})
const onProgress: ProgressListener = (progress) => {
  print(progress)
  process.stdout.write(encodeStderrLines(githubAnnotations(progress, process.env)))
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * The command of `webServer()`. Provisions, reports the variables on stdout, and waits until Playwright sends a signal
 * or dies, which closes stdin. Resolves to the exit code.
 */
export async function runWebServerProcess([file]: readonly string[], provision: Provision): Promise<number> {
  const abort = new AbortController()
  let exitCode = 0
  const stopped = new Promise<void>((done) => {
    const stop = (reason: string, code: number): void => {
      exitCode = code
      abort.abort(new MoorageError('ABORTED', `${reason} while services were starting.`))
      done()
    }
    for (const signal of STOP_SIGNALS)
      process.on(signal, () => stop(`Stopped by ${signal}`, 128 + constants.signals[signal]))
    process.stdin
      .on('error', () => {})
      .on('close', () => stop('Playwright ended', 0))
      .resume()
    process.stdout.on('error', () => {})
  })
  try {
    const path = file === undefined ? findConfig(process.cwd()) : resolve(file)
    const env = await provision(await loadConfig(path), { signal: abort.signal, onProgress })
    process.stdout.write(encodeReady(env.env))
    await stopped
    await env.dispose()
  } catch (error) {
    if (abort.signal.aborted) return exitCode
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return 1
  }
  return 0
}
