import { constants } from 'node:os'
import { resolve } from 'node:path'
import { isMoorageError, messageOf, MoorageError, type ProgressListener } from '@moorage/core'
import { githubAnnotations, findConfig, loadConfig, progressPrinter } from '@moorage/core/runner'
import { announce, relay } from './stdout-handshake.ts'
import type { Provision } from './setup.ts'

const print = progressPrinter(process.stderr, {})
const onProgress: ProgressListener = (progress) => {
  print(progress)
  process.stdout.write(relay(githubAnnotations(progress, process.env)))
}

const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Provisions, says so on stdout, and stays until Playwright ends it by a signal, or is gone: then stdin ends.
 * Gives the exit code.
 */
export async function hold([file]: readonly string[], provision: Provision): Promise<number> {
  const abort = new AbortController()
  let code = 0
  const ended = new Promise<void>((done) => {
    const end = (why: string, exit: number): void => {
      code = exit
      abort.abort(new MoorageError('ABORTED', `${why} while services were starting.`))
      done()
    }
    for (const signal of ENDS) process.on(signal, () => end(`Stopped by ${signal}`, 128 + constants.signals[signal]))
    process.stdin
      .on('error', () => {})
      .on('close', () => end('Playwright has ended', 0))
      .resume()
    process.stdout.on('error', () => {})
  })
  try {
    const path = file === undefined ? findConfig(process.cwd()) : resolve(file)
    const env = await provision(await loadConfig(path), { signal: abort.signal, onProgress })
    process.stdout.write(announce(env.env))
    await ended
    await env.dispose()
  } catch (error) {
    if (abort.signal.aborted) return code
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return 1
  }
  return 0
}
