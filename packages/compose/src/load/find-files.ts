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

/** The compose file of a folder, by its name. */
export function composeFileIn(folder: string): string | undefined {
  const name = COMPOSE_FILES.find((file) => existsSync(join(folder, file)))
  return name === undefined ? undefined : join(folder, name)
}

/** The files of a project: those of COMPOSE_FILE, or the one of the folder with its override. */
export function projectFiles(folder: string, env: ProjectVariables): readonly string[] {
  const named = splitPaths(env['COMPOSE_FILE'] ?? '', env)
  if (named.length) return named.map((file) => resolve(folder, file))
  const main = composeFileIn(folder)
  const override = OVERRIDE_FILES.find((file) => existsSync(join(folder, file)))
  return main === undefined ? [] : [main, ...(override === undefined ? [] : [join(folder, override)])]
}
