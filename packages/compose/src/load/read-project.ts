import { basename, dirname, resolve } from 'node:path'
import { MoorageError, type EnvVariables } from '@moorage/core'
import { Findings } from '../keys/findings.ts'
import { interpolate } from '../variables/interpolate.ts'
import { projectVariables, type ProjectVariables } from '../variables/project-environment.ts'
import { get, getMap, map, textOf, type MapNode } from '../yaml/tree.ts'
import { projectFiles } from './find-files.ts'
import { loadFiles } from './include.ts'
import { readDocuments } from './load-file.ts'
import { withoutTags } from './merge.ts'

/** What to read. */
export interface ProjectRequest {
  /** Absolute paths, in the order in which they are merged. Default: those of `folder`. */
  readonly files: readonly string[]
  /** The folder of `.env`, and of the files if none is named. Default: the folder of the first file. */
  readonly folder?: string
  readonly env: EnvVariables
}

/** The files of a project, merged. */
export interface Project {
  readonly name: string
  /** The folder that relative paths start from: that of the first file. */
  readonly folder: string
  readonly files: readonly string[]
  readonly root: MapNode
  readonly services: MapNode
  readonly variables: ProjectVariables
  readonly findings: Findings
}

/**
 * Reads and merges the files of a project. What moorage cannot do is in `findings`. Throws `MoorageError`:
 * CONFIG_NOT_FOUND without a file, CONFIG_INVALID for files that cannot be read at all.
 */
export function readProject({ files: named, folder: start, env }: ProjectRequest): Project {
  const folder = start ?? dirname(resolve(named[0] ?? '.'))
  const ownVariables = projectVariables(folder, env)
  const files = named.length ? named : projectFiles(folder, ownVariables)
  const [first] = files
  if (first === undefined)
    throw new MoorageError('CONFIG_NOT_FOUND', `${folder} contains no compose file.`, {
      hint: 'Create compose.yaml, or give the path of the file: compose(path).',
    })
  const base = dirname(first)
  const loaded = files.map((path) => ({ path, documents: readDocuments(path) }))
  const name = projectName(
    loaded.flatMap(({ documents }) => documents),
    base,
    ownVariables,
  )
  const variables = { ...ownVariables, COMPOSE_PROJECT_NAME: name }
  const findings = new Findings()
  const merged = loadFiles(loaded, { base, variables, findings, includedBy: [] })
  const at = { file: first, line: 1, column: 1 }
  const root = withoutTags(merged ?? map([], at))
  const services = getMap(root, 'services') ?? map([], at)
  return { name, folder: base, files, root: root.kind === 'map' ? root : map([], at), services, variables, findings }
}

/** COMPOSE_PROJECT_NAME, the key `name`, or the name of the folder. Source: Compose Specification, Name. */
function projectName(documents: readonly MapNode[], folder: string, env: ProjectVariables): string {
  const written = documents.flatMap((document) => textOf(get(document, 'name')) ?? []).at(-1)
  const text =
    env['COMPOSE_PROJECT_NAME'] ||
    (written === undefined ? undefined : interpolate(written, (name) => env[name]).text) ||
    basename(folder)
  return (
    text
      .toLowerCase()
      .replace(/[^-_a-z0-9]/g, '')
      .replace(/^[-_]+/, '') || 'default'
  )
}
