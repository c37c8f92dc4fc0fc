import type { ConfigModule, ObjectNode, SyntaxNode } from './parse-config-module.ts'

/** Text to insert at an offset. */
export interface Insertion {
  readonly at: number
  readonly text: string
}

/** The value of a property; undefined if the object has no such property. */
export function propertyOf(object: ObjectNode, name: string): SyntaxNode | undefined {
  for (const property of object.properties)
    if (property.type === 'ObjectProperty' && !property.computed && keyOf(property.key) === name) return property.value
    else if (property.type === 'ObjectMethod' && keyOf(property.key) === name) return property
  return undefined
}

/** Inserts an import below the others, in the style of the module. */
export function insertImport({ text, program }: ConfigModule, name: string, source: string): Insertion {
  const imports = program.body.filter((statement) => statement.type === 'ImportDeclaration')
  const sample = imports.map(({ start, end }) => text.slice(start ?? 0, end ?? 0)).at(-1) ?? ''
  const quote = sample.includes('"') ? '"' : "'"
  const end = sample === '' || sample.endsWith(';') ? (sample === '' && !/;\s*$/m.test(text) ? '' : ';') : ''
  const line = `import { ${name} } from ${quote}${source}${quote}${end}`
  const last = imports.at(-1)
  return last ? { at: last.end ?? 0, text: `\n${line}` } : { at: program.body[0]?.start ?? 0, text: `${line}\n\n` }
}

/** Inserts a property as the first one of an object. */
export function insertProperty(text: string, object: ObjectNode, property: string): Insertion {
  const at = (object.start ?? 0) + 1
  const [first] = object.properties
  if (!first) return { at, text: ` ${property}${text[at] === '}' ? ' ' : ','}` }
  const between = text.slice(at, first.start ?? at)
  if (!between.includes('\n')) return { at, text: ` ${property},` }
  return { at, text: `\n${indentationBefore(text, first.start ?? at)}${property},` }
}

/** Inserts an element as the first one of an array. */
export function insertElement(text: string, array: SyntaxNode, element: string): Insertion {
  const at = (array.start ?? 0) + 1
  const [first] = (array as SyntaxNode & { readonly elements?: readonly (SyntaxNode | null)[] }).elements ?? []
  if (!first) return { at, text: element }
  const between = text.slice(at, first.start ?? at)
  if (!between.includes('\n')) return { at, text: `${element}, ` }
  return { at, text: `\n${indentationBefore(text, first.start ?? at)}${element},` }
}

export function applyInsertions(text: string, insertions: readonly Insertion[]): string {
  return insertions
    .toSorted((a, b) => b.at - a.at)
    .reduce((result, { at, text: inserted }) => result.slice(0, at) + inserted + result.slice(at), text)
}

/** Whether a module imports from a source or binds a name at its top level. */
export function importsFrom({ program }: ConfigModule, source: RegExp): boolean {
  return program.body.some((statement) => statement.type === 'ImportDeclaration' && source.test(statement.source.value))
}

export function usesName({ text }: ConfigModule, name: string): boolean {
  return new RegExp(String.raw`\b${name}\b`).test(
    text.replace(/(['"`])(?:\\.|(?!\1)[^\\])*\1|\/\/.*|\/\*[^]*?\*\//g, ''),
  )
}

function keyOf(key: { readonly type: string; readonly name?: unknown; readonly value?: unknown }): unknown {
  return key.type === 'Identifier' ? key.name : key.type === 'StringLiteral' ? key.value : undefined
}

function indentationBefore(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  return /^\s*/.exec(line)?.[0] ?? ''
}
