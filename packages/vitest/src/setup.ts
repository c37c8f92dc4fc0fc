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
import {
  chooseConfig,
  configFiles,
  exposeVariables,
  FAILED_START_VARIABLES,
  leaveHeldRuns,
  loadConfig,
  progressPrinter,
} from '@moorage/core/runner'
import { recordedChoice } from './config-choice.ts'
import { recordEndedServices } from './ended-services.ts'
import { isListCommand } from './is-list-command.ts'
import { newConfigWarnings } from './config-warnings.ts'
import { watchFiles } from './watch-files.ts'

type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

export type Setup = (project: TestProject) => Promise<() => Promise<void>>

// How long services outlive a dispose in watch mode: an edited config tears down and sets up again at once.
const WATCH_LINGER_MS = 5_000

/**
 * A Vitest global setup. Provisions the config of the project's folder, or the one that the plugin's
 * options choose, and provides its connections to the tests. In
 * watch mode it reads the config again before each rerun: services that changed or died are restarted, the others keep
 * running.
 */
export function createSetup(provision: Provision): Setup {
  const onProgress = recordEndedServices(progressPrinter(process.stderr))
  return async (project) => {
    if (isListCommand(process.argv)) return async () => {}
    const { root, watch } = project.config
    const choice = recordedChoice(project.vitest, project)
    const readConfig = async (): Promise<AnyConfig> => await loadConfig(chooseConfig(root, choice))
    let config = await readConfig()
    // Without a name the config lies above the root that Vitest watches, for example.
    const watchConfig = (): void => watchFiles(project, [chooseConfig(root, choice), ...configFiles(config)])
    if (watch) watchConfig()
    let active = activate(
      project,
      await provision(config, { onProgress, linger: watch ? WATCH_LINGER_MS : 0 }),
      onProgress,
    )
    project.onTestsRerun(async () => {
      // First of all: with several projects, all must release the run before the first one changes it.
      await active.release(false)
      config = await readConfig().catch((error: unknown) => {
        printError(error)
        return config
      })
      watchConfig()
      const options = { onProgress, linger: WATCH_LINGER_MS, lingerAfterFailure: Infinity }
      const env = await provision(config, options).catch(printError)
      active = env ? activate(project, env, onProgress) : withoutServices()
    })
    // Vitest sets the exit code before the teardown if tests failed.
    return async () => {
      await active.release(Boolean(process.exitCode))
      leaveHeldRuns(WATCH_LINGER_MS)
    }
  }
}

interface ActiveEnvironment {
  release(failed: boolean): Promise<void>
}

/** Makes an environment visible to the tests. */
function activate(project: TestProject, env: Environment, onProgress: ProgressListener): ActiveEnvironment {
  for (const text of newConfigWarnings(project, env.env)) onProgress({ kind: 'notice', text })
  // Forks, threads and their child processes inherit the variables.
  const restore = exposeVariables(process.env, env.env)
  project.provide('moorage', env.endpoints as Registered)
  return {
    async release(failed) {
      restore()
      await env.dispose({ failed })
    },
  }
}

/** Makes tests of a rerun name the cause, instead of a missing setup. */
function withoutServices(): ActiveEnvironment {
  const restore = exposeVariables(process.env, FAILED_START_VARIABLES)
  return { release: async () => restore() }
}

/** Reports an error of a rerun, which continues without services: an exception would end watch mode. */
function printError(error: unknown): undefined {
  process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
}
