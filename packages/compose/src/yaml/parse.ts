import { MoorageError } from '@moorage/core'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type Pair,
} from '../vendor/yaml.ts'
import { showPosition } from './format-position.ts'
import { resolveScalar } from './resolve-scalar.ts'
import type { Entry, MapNode, MergeTag, Position, TreeNode } from './tree.ts'

// A few lines of nested aliases could stand for billions of nodes.
const MAX_NODES = 100_000

/**
 * The documents of a YAML file. Anchors and merge keys are resolved. Throws `MoorageError` (CONFIG_INVALID) for invalid
 * YAML, and for a document that is no map.
 */
export function parseYaml(text: string, file: string): readonly MapNode[] {
  const lines = new LineCounter()
  const options = { lineCounter: lines, schema: 'failsafe', prettyErrors: false, logLevel: 'silent' } as const
  const documents = parseAllDocuments(text, options)
  return (Array.isArray(documents) ? documents : []).flatMap((document: Document) => {
    const converter = new Converter(document, file, lines)
    const [error] = document.errors
    if (error) throw invalid(converter.positionAt(error.pos[0]), `${error.message.replace(/\.?$/, '')}.`)
    if (!document.contents) return []
    const root = converter.convert(document.contents as Node)
    if (root.kind === 'map') return [root]
    if (root.kind === 'scalar' && root.value === null) return []
    throw invalid(root.at, 'the file holds no keys.')
  })
}

function invalid(at: Position, message: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', `${showPosition(at)}: ${message}`, {
    hint: 'Correct the YAML at that line.',
  })
}

class Converter {
  readonly #document: Document
  readonly #file: string
  readonly #lines: LineCounter
  readonly #open = new Set<Node>()
  #count = 0

  constructor(document: Document, file: string, lines: LineCounter) {
    this.#document = document
    this.#file = file
    this.#lines = lines
  }

  positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) }
  }

  convert(node: Node | null, fallback: Position = this.positionAt(0)): TreeNode {
    if (!node) return { kind: 'scalar', value: null, at: fallback }
    const at = node.range ? this.positionAt(node.range[0]) : fallback
    if (++this.#count > MAX_NODES) throw invalid(at, `the file stands for more than ${MAX_NODES} values.`)
    const tag = mergeTag(node)
    const tagged = tag ? { tag } : {}
    if (isAlias(node)) return { ...this.#convertAlias(node, at), at }
    if (!isMap(node) && !isSeq(node)) return { kind: 'scalar', at, value: scalarValue(node), ...tagged }
    this.#open.add(node)
    try {
      return isMap(node)
        ? { kind: 'map', at, entries: this.#entries(node.items as Pair<Node, Node>[], at), ...tagged }
        : { kind: 'list', at, items: node.items.map((item) => this.convert(item as Node | null, at)), ...tagged }
    } finally {
      this.#open.delete(node)
    }
  }

  #convertAlias(node: Node, at: Position): TreeNode {
    const target = isAlias(node) ? node.resolve(this.#document) : undefined
    if (!target) throw invalid(at, `there is no anchor for ${String(node)}.`)
    if (this.#open.has(target)) throw invalid(at, 'the anchor contains itself.')
    return this.convert(target, at)
  }

  #entries(pairs: readonly Pair<Node, Node | null>[], at: Position): ReadonlyMap<string, Entry> {
    const own = new Map<string, Entry>()
    const merged = new Map<string, Entry>()
    for (const { key, value } of pairs) {
      const keyAt = key?.range ? this.positionAt(key.range[0]) : at
      const name = isScalar(key) ? String(key.value ?? '') : undefined
      if (name === undefined) throw invalid(keyAt, 'a key is not text.')
      const converted = this.convert(value ?? null, keyAt)
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') addMerged(merged, converted)
      else own.set(name, { keyAt, value: converted })
    }
    // The keys of the map itself win over those that `<<` brings in.
    return new Map([...[...merged].filter(([name]) => !own.has(name)), ...own])
  }
}

/** Of several maps behind `<<`, the first one wins. */
function addMerged(merged: Map<string, Entry>, source: TreeNode): void {
  const maps = source.kind === 'list' ? source.items : [source]
  for (const item of maps) {
    if (item.kind !== 'map') throw invalid(item.at, '<< merges maps, but its value is not a map.')
    for (const [name, entry] of item.entries) if (!merged.has(name)) merged.set(name, entry)
  }
}

function mergeTag({ tag }: Node): MergeTag | undefined {
  return tag === '!reset' ? 'reset' : tag === '!override' ? 'override' : undefined
}

function scalarValue(node: Node): string | number | boolean | null {
  if (!isScalar(node)) return null
  const text = String(node.value ?? '')
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === '!') return text
  return node.type === 'PLAIN' || node.tag !== undefined ? resolveScalar(text) : text
}
