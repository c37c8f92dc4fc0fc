import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { COMPOSE_FILES } from '@moorage/core'
import { splitPaths, type ProjectVariables } from '../variables/project-environment.ts'

const OVERRIDE_FILES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
] as const

/** The files of a project: those of COMPOSE_FILE, or the one of the folder with its override. */
export function projectFiles(folder: string, env: ProjectVariables): readonly string[] {
  const named = splitPaths(env['COMPOSE_FILE'] ?? '', env)
  if (named.length) return named.map((file) => resolve(folder, file))
  const firstOf = (names: readonly string[]): string | undefined =>
    names.map((name) => join(folder, name)).find((file) => existsSync(file))
  const main = firstOf(COMPOSE_FILES)
  const override = firstOf(OVERRIDE_FILES)
  return main === undefined ? [] : [main, ...(override === undefined ? [] : [override])]
}
