import { existsSync } from 'node:fs'
import { MoorageError } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { readEnvFile } from '../variables/env-file.ts'
import { showPath, showPosition } from '../yaml/format-position.ts'
import { entriesOf, get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'

/**
 * The variables of a service: those of `env_file`, then those of `environment`. A name without a value takes the
 * variable of the project, if there is one. In a file, `$NAME` is the variable of the project, or else that of an
 * earlier file. Throws `MoorageError` (CONFIG_INVALID) for a file that does not exist.
 */
export function serviceEnv(
  service: TreeNode,
  name: string,
  { variables }: Project,
): { readonly [name: string]: string } {
  const env: Record<string, string> = {}
  for (const item of itemsOf(get(service, 'env_file'))) {
    const file = textOf(get(item, 'path')) ?? ''
    if (!existsSync(file)) {
      if (textOf(get(item, 'required')) === 'false') continue
      throw new MoorageError(
        'CONFIG_INVALID',
        `${showPosition(item.at)}: services.${name}.env_file: ${showPath(file)} does not exist.`,
        { hint: 'Create the file, correct its path, or write required: false.' },
      )
    }
    const raw = textOf(get(item, 'format')) === 'raw'
    Object.assign(env, readEnvFile({ file, raw, lookup: (variable) => variables[variable] ?? env[variable] }))
  }
  for (const [variable, value] of entriesOf(get(service, 'environment'))) {
    const text = textOf(value) ?? variables[variable]
    if (text === undefined) delete env[variable]
    else env[variable] = text
  }
  return env
}
