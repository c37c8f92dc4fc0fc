import { spawn } from 'node:child_process'
import { MoorageError } from '@moorage/core'
import { loadConfig, withReporting, provisionWith } from '@moorage/core/runner'
import type { Invocation } from '../main.ts'
import { exitCode, withSignals, type Signals } from '../signals.ts'

/** Runs a command with the services' URLs in its environment; its exit code and the signals are passed on. */
export async function exec({ args, file, installation }: Invocation): Promise<number> {
  const [program, ...rest] = args
  if (program === undefined)
    throw new MoorageError('USAGE', 'moorage exec: there is no command to run.', {
      hint: 'Write: moorage exec -- npm test',
    })
  // Nothing has begun yet: until here a signal ends a config that never comes to its end.
  const config = await loadConfig(file())
  return await withSignals(async (signals) => {
    const env = await withReporting({ root: config.root, onProgress: undefined }, (onProgress) =>
      provisionWith(installation, config, { onProgress, signal: signals.abort }),
    )
    let failed = false
    try {
      const code = await run([program, ...rest], env.env, signals)
      // Whoever stopped it has not seen it fail.
      failed = code !== 0 && !signals.caught
      return code
    } finally {
      await env.dispose({ failed })
    }
  })
}

function run(
  [program = '', ...rest]: readonly string[],
  variables: { readonly [name: string]: string },
  signals: Signals,
): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, ...variables } })
    signals.passTo((signal) => {
      // In a terminal Ctrl-C reaches the child by itself; a second copy of the signal would end it without its clean-up.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
    child.once('error', (cause) =>
      fail(
        new MoorageError('USAGE', `moorage exec: '${program}' cannot be run.`, {
          hint: 'Check its name and the PATH.',
          cause,
        }),
      ),
    )
    child.once('exit', (code, signal) => done(code ?? exitCode(signal)))
  })
}
