import { existsSync, readFileSync } from 'node:fs'
import { MoorageError } from '@moorage/core'
import { checkKeys } from '../keys/check-keys.ts'
import { checkSchema } from '../keys/check-schema.ts'
import { parseYaml } from '../yaml/parse.ts'
import { showPath, showPosition } from '../yaml/format-position.ts'
import { map, type MapNode, type Position } from '../yaml/tree.ts'
import { toCanonical } from './canonical.ts'
import { interpolateTree } from './interpolate-tree.ts'
import type { LoadContext } from './load-context.ts'
import { mergeTrees, withoutTags } from './merge.ts'

/**
 * The documents of a file. Throws `MoorageError`: CONFIG_NOT_FOUND without the file, CONFIG_INVALID for its content.
 */
export function readDocuments(file: string, namedAt?: Position): readonly MapNode[] {
  if (existsSync(file)) return parseYaml(readFileSync(file, 'utf8'), file)
  const path = showPath(file)
  if (namedAt)
    throw new MoorageError('CONFIG_INVALID', `${showPosition(namedAt)}: ${path} does not exist.`, {
      hint: 'Create it, or correct the path.',
    })
  throw new MoorageError('CONFIG_NOT_FOUND', `${path}: the compose file does not exist.`, {
    hint: 'Create it, or correct the path.',
  })
}

/** A file with its variables replaced, its keys checked and its short forms written out. Its documents are merged. */
export function prepareDocuments(documents: readonly MapNode[], { base, variables, findings }: LoadContext): MapNode {
  const prepared = documents.map((document) => {
    const file = interpolateTree(document, variables, findings)
    const plain = withoutTags(file)
    if (plain.kind === 'map') {
      checkKeys(plain, findings)
      checkSchema(plain, findings)
    }
    return toCanonical(file, base)
  })
  const [first = map([], { file: '', line: 1, column: 1 }), ...others] = prepared
  return others.reduce((file, document) => mergeTrees(file, document), first)
}
