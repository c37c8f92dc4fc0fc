import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject, Vitest } from 'vitest/node'

const WORKSPACE_FILES = ['ts', 'mts', 'js', 'mjs', 'json'].map((extension) => `vitest.workspace.${extension}`)

type Variables = { readonly [name: string]: string }

const KEY = Symbol.for('moorage.vitest-warnings')

/**
 * Warns of variables that hide moorage's from the tests, and of projects that never run. Gives each warning once per
 * Vitest.
 */
export function newConfigWarnings({ vitest }: TestProject, variables: Variables): readonly string[] {
  const given: Set<string> = ((vitest as { [KEY]?: Set<string> })[KEY] ??= new Set())
  const all = [
    ...vitest.projects.flatMap((project) => shadowedVariables(project, variables)),
    ...ignoredWorkspace(vitest),
  ]
  return all.filter((text) => !given.has(text) && given.add(text))
}

/** Variables that `test.env` replaces by another value. */
function shadowedVariables({ name, config }: TestProject, variables: Variables): readonly string[] {
  // Vitest 3 leaves `env` undefined unless the config sets it.
  const { env = {} } = config as { readonly env?: Variables }
  const names = Object.keys(variables).filter((key) => env[key] !== undefined && env[key] !== variables[key])
  const where = name ? ` of project ${name}` : ''
  return names.map(
    (key) =>
      `test.env${where} sets ${key}, so tests see that value instead of moorage's. Remove it there. To use your own server, set ${key} in the environment of Vitest.`,
  )
}

/** Vitest 3 reads the workspace file; later versions ignore it silently. */
function ignoredWorkspace({ version, config }: Vitest): readonly string[] {
  if (Number(version.split('.')[0]) < 4 || config.projects?.length) return []
  const found = WORKSPACE_FILES.find((file) => existsSync(join(config.root, file)))
  return found
    ? [
        `Vitest ${version} ignores ${found}, so its projects do not run. Import its list into the Vitest config as test.projects.`,
      ]
    : []
}
