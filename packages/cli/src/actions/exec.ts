import { spawn } from 'node:child_process'
import { MoorageError } from '@moorage/core'
import { loadConfig, withReporting, provisionWith } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { findProgramProblem } from '../find-program-problem.ts'
import { writeNotice } from '../output.ts'
import { signalExitCode, withSignals, type Signals } from '../signals.ts'

/** Runs a command with the services' URLs in its environment. Returns its exit code and forwards signals to it. */
export async function runExec({ args, configPath, installation }: Invocation): Promise<number> {
  const [program, ...programArgs] = args
  if (program === undefined)
    throw new MoorageError('USAGE', 'exec: no command given.', { hint: 'Example: moorage exec -- npm test' })
  const problem = findProgramProblem(program, process.env)
  if (problem) {
    writeNotice(problem.text)
    return problem.exitCode
  }
  // Nothing has started yet, so signals keep their default: they end the process even if the config never settles.
  const config = await loadConfig(configPath())
  return await withSignals(async (signals) => {
    const env = await withReporting({ root: config.root, onProgress: undefined }, (onProgress) =>
      provisionWith(installation, config, { onProgress, signal: signals.abort }),
    )
    let failed = false
    try {
      const code = await runCommand([program, ...programArgs], env.env, signals)
      // A command that a signal ended has not failed.
      failed = code !== 0 && !signals.received
      return code
    } finally {
      await env.dispose({ failed })
    }
  })
}

function runCommand(
  [program = '', ...args]: readonly string[],
  variables: { readonly [name: string]: string },
  signals: Signals,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...variables } })
    signals.forwardTo((signal) => {
      // A terminal sends Ctrl-C to the child as well. A second SIGINT would end the child before its clean-up.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
    child.once('error', (cause) =>
      reject(
        new MoorageError('USAGE', `exec: cannot run '${program}'.`, {
          hint: "Check the command's name and the PATH.",
          cause,
        }),
      ),
    )
    child.once('exit', (code, signal) => resolve(code ?? signalExitCode(signal)))
  })
}
