import { existsSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { MoorageError, type EnvVariables } from '@moorage/core'
import { showPath } from '../yaml/format-position.ts'
import { readEnvFile } from './env-file.ts'

/** The variables of a project: the caller's win over those of its files, and a later file wins over an earlier one. */
export type ProjectVariables = { readonly [name: string]: string | undefined }

/**
 * The variables with those of `.env`, or of the files that COMPOSE_ENV_FILES names. Throws `MoorageError`
 * (CONFIG_INVALID) for a file that is named and does not exist, and for an invalid line.
 */
export function projectVariables(folder: string, env: EnvVariables): ProjectVariables {
  if (isTrue(env['COMPOSE_DISABLE_ENV_FILE'])) return env
  const named = (env['COMPOSE_ENV_FILES'] ?? '').split(',').filter(Boolean)
  const files = named.length ? named.map((file) => resolve(folder, file)) : defaultFile(folder)
  return addEnvFiles(env, files)
}

/** Adds the variables of files. Those that are set already keep their value. */
export function addEnvFiles(env: ProjectVariables, files: readonly string[]): ProjectVariables {
  let found: ProjectVariables = {}
  for (const file of files) {
    if (!existsSync(file))
      throw new MoorageError('CONFIG_INVALID', `${showPath(file)}: the file of variables does not exist.`, {
        hint: 'Create it, or correct its path.',
      })
    found = { ...found, ...readEnvFile({ file, lookup: (name) => env[name] ?? found[name] }) }
  }
  return { ...found, ...withoutUndefined(env) }
}

/** `.env` of a folder, if it has one. */
export function defaultFile(folder: string): readonly string[] {
  const file = join(folder, '.env')
  return existsSync(file) && statSync(file).isFile() ? [file] : []
}

/** The paths in COMPOSE_FILE. */
export function splitPaths(text: string, env: ProjectVariables): readonly string[] {
  return text.split(env['COMPOSE_PATH_SEPARATOR'] || delimiter).filter(Boolean)
}

function withoutUndefined(env: ProjectVariables): ProjectVariables {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true)$/i.test(text)
}
