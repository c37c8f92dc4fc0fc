import { dirname, isAbsolute, join } from 'node:path'
import { MoorageError } from '@moorage/core'
import { addEnvFiles, defaultFile, type ProjectVariables } from '../variables/project-environment.ts'
import { showPath, showPosition } from '../yaml/format-position.ts'
import { get, itemsOf, textOf, withEntries, type MapNode, type TreeNode } from '../yaml/tree.ts'
import { applyExtends } from './extends.ts'
import type { LoadContext } from './load-context.ts'
import { prepareDocuments, readDocuments } from './load-file.ts'
import { mergeTrees } from './merge.ts'

/** Reads files that are merged in their order, with everything that they include and extend. */
export function loadFiles(files: readonly FileToLoad[], context: LoadContext): MapNode | undefined {
  let merged: MapNode | undefined
  for (const { path, documents, namedAt } of files) {
    const prepared = prepareDocuments(documents ?? readDocuments(path, namedAt), context)
    const file = applyIncludes(applyExtends(prepared, context), path, context)
    merged = merged ? mergeTrees(merged, file) : file
  }
  return merged
}

export interface FileToLoad {
  readonly path: string
  /** Where the file is named, if another file names it. */
  readonly namedAt?: TreeNode['at']
  /** Its content, if it has been read. */
  readonly documents?: readonly MapNode[]
}

/** Adds what the included files hold. What the file itself says wins. */
function applyIncludes(root: MapNode, file: string, context: LoadContext): MapNode {
  const includes = itemsOf(get(root, 'include'))
  const own = withEntries(root, { include: undefined })
  return includes.reduce<MapNode>((merged, include) => {
    const included = loadIncluded(include, { ...context, includedBy: [...context.includedBy, file] })
    return included ? mergeTrees(withEntries(included, { name: undefined }), merged) : merged
  }, own)
}

function loadIncluded(include: TreeNode, context: LoadContext): MapNode | undefined {
  const paths = include.kind === 'map' ? texts(get(include, 'path')) : texts(include)
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(context.base, path))
  const remote = paths.find((path) => /^([a-z][a-z0-9+.-]*:\/\/|git@|oci:)/i.test(path))
  if (remote !== undefined)
    throw new MoorageError(
      'CONFIG_INVALID',
      `${showPosition(include.at)}: include: ${remote} is not on this machine.`,
      {
        hint: 'Copy the file into the project, and include its path.',
      },
    )
  const files = paths.map((path) => ({ path: absolute(path), namedAt: include.at }))
  const [main] = files
  if (!main) return undefined
  const cycle = context.includedBy.indexOf(main.path)
  if (cycle >= 0) {
    const chain = [...context.includedBy.slice(cycle), main.path].map(showPath).join(' → ')
    throw new MoorageError(
      'CONFIG_INVALID',
      `${showPosition(include.at)}: include: ${chain}: these files include each other in a cycle.`,
      { hint: 'Remove one include.' },
    )
  }
  const folder = textOf(get(include, 'project_directory'))
  const base = folder === undefined ? dirname(main.path) : absolute(folder)
  return loadFiles(files, { ...context, base, variables: includedVariables(include, base, context) })
}

function includedVariables(include: TreeNode, base: string, context: LoadContext): ProjectVariables {
  const named = texts(get(include, 'env_file')).filter((path) => path !== '/dev/null')
  const given = get(include, 'env_file') !== undefined
  const files = given ? named.map((path) => (isAbsolute(path) ? path : join(context.base, path))) : defaultFile(base)
  return addEnvFiles(context.variables, files)
}

function texts(node: TreeNode | undefined): readonly string[] {
  return node?.kind === 'list' ? node.items.flatMap((item) => textOf(item) ?? []) : [textOf(node) ?? ''].filter(Boolean)
}
