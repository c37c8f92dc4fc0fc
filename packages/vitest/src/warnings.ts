import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject, Vitest } from 'vitest/node'

const WORKSPACES = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `vitest.workspace.${ending}`)

type Variables = { readonly [name: string]: string }

const KEY = Symbol.for('moorage.vitest-warnings')

/** What would surprise later: tests that see another URL than moorage's, projects that never run. Each once per Vitest. */
export function newWarnings({ vitest }: TestProject, variables: Variables): readonly string[] {
  const said: Set<string> = ((vitest as { [KEY]?: Set<string> })[KEY] ??= new Set())
  const all = [...vitest.projects.flatMap((project) => shadowed(project, variables)), ...ignoredWorkspace(vitest)]
  return all.filter((text) => !said.has(text) && said.add(text))
}

function shadowed({ name, config }: TestProject, variables: Variables): readonly string[] {
  // Not there in version 3 when nobody sets it.
  const { env = {} } = config as { readonly env?: Variables }
  const names = Object.keys(variables).filter((key) => env[key] !== undefined && env[key] !== variables[key])
  const where = name ? ` of project ${name}` : ''
  return names.map(
    (key) =>
      `test.env${where} sets ${key}, so tests see that instead of what moorage has started. Remove it there; to use a server of your own, set ${key} in the environment of Vitest.`,
  )
}

/** Vitest 3 still reads the file; later ones say nothing. */
function ignoredWorkspace({ version, config }: Vitest): readonly string[] {
  if (Number(version.split('.')[0]) < 4 || config.projects?.length) return []
  const found = WORKSPACES.find((file) => existsSync(join(config.root, file)))
  return found
    ? [`Vitest ${version} ignores ${found}: its projects do not run. Import its list in the config, as test.projects.`]
    : []
}
