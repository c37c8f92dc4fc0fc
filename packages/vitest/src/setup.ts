import type { TestProject } from 'vitest/node'
import {
  isMoorageError,
  messageOf,
  type AnyConfig,
  type Environment,
  type ProvisionOptions,
  type Registered,
  type ProgressListener,
} from '@moorage/core'
import { exposeVariables, findConfig, loadConfig, progressPrinter } from '@moorage/core/runner'
import { rememberEnded } from './ended-services.ts'
import { isListCommand } from './is-list-command.ts'
import { newWarnings } from './warnings.ts'

type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

export type Setup = (project: TestProject) => Promise<() => Promise<void>>

// Milliseconds that services stay in watch mode: an edited config tears down and sets up again at once.
const LINGER = 5_000

/**
 * A Vitest global setup: provisions the config of the project's folder, and hands its connections to the tests. Before
 * each rerun in watch mode the config is read again: what has changed or died is started anew, the rest stays.
 */
export function createSetup(provision: Provision): Setup {
  const onProgress = rememberEnded(progressPrinter(process.stderr))
  return async (project) => {
    if (isListCommand(process.argv)) return async () => {}
    const { root, watch } = project.config
    const read = async (): Promise<AnyConfig> => await loadConfig(findConfig(root))
    let config = await read()
    let stage = enter(project, await provision(config, { onProgress, linger: watch ? LINGER : 0 }), onProgress)
    project.onTestsRerun(async () => {
      // Before anything is awaited: of several projects none may still hold the run when the first one changes it.
      await stage.leave(false)
      config = await read().catch((error: unknown) => {
        report(error)
        return config
      })
      const env = await provision(config, { onProgress, linger: LINGER }).catch(report)
      if (env) stage = enter(project, env, onProgress)
    })
    // Vitest says by its exit code that tests have failed.
    return async () => await stage.leave(Boolean(process.exitCode))
  }
}

interface Stage {
  leave(failed: boolean): Promise<void>
}

function enter(project: TestProject, env: Environment, onProgress: ProgressListener): Stage {
  for (const text of newWarnings(project, env.env)) onProgress({ kind: 'notice', text })
  // Also to forks and threads, and to whatever they start.
  const restore = exposeVariables(process.env, env.env)
  project.provide('moorage', env.endpoints as Registered)
  return {
    async leave(failed) {
      restore()
      await env.dispose({ failed })
    },
  }
}

/** A rerun goes on without services rather than to end the watch. */
function report(error: unknown): undefined {
  process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
}
