import { MoorageError } from '@moorage/core'
import { showPosition } from '../yaml/format-position.ts'
import { entriesOf, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'

const MS_BY_UNIT: { readonly [unit: string]: number } = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
}
const BYTES_BY_UNIT: { readonly [unit: string]: number } = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** Milliseconds of a duration such as `1m30s`. Source: Compose Specification, Specifying durations. */
export function durationMs(node: TreeNode | undefined, key: string): number | undefined {
  const text = textOf(node)
  if (!node || text === undefined) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|h|m|s)/g)]
  if (!parts.length || parts.map(([part]) => part).join('') !== text)
    throw invalid(node, key, `'${text}' is no duration`, "Write it as in '1m30s' or '500ms'.")
  return parts.reduce((sum, [, number, unit = 's']) => sum + Number(number) * (MS_BY_UNIT[unit] ?? 0), 0)
}

/** Bytes of a size such as `64m`. Source: Compose Specification, Specifying byte values. */
export function bytes(node: TreeNode | undefined, key: string): number | undefined {
  const text = textOf(node)
  if (!node || text === undefined) return undefined
  const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?) ?([bkmgt])?i?b?$/i.exec(text) ?? []
  if (number === undefined) throw invalid(node, key, `'${text}' is no size`, "Write it as in '64m' or '1gb'.")
  return Math.round(Number(number) * (BYTES_BY_UNIT[unit.toLowerCase()] ?? 1))
}

export function numberOf(node: TreeNode | undefined, key: string): number | undefined {
  const text = textOf(node)
  if (!node || text === undefined || text === '') return undefined
  if (Number.isNaN(Number(text))) throw invalid(node, key, `'${text}' is no number`, 'Write a number.')
  return Number(text)
}

/** An octal or decimal mode: `0440`, `"0440"` or 288. */
export function modeOf(node: TreeNode | undefined): number | undefined {
  if (node?.kind !== 'scalar' || node.value === null) return undefined
  return typeof node.value === 'number' ? node.value : Number.parseInt(String(node.value), 8)
}

export function isTrue(node: TreeNode | undefined): boolean {
  return textOf(node) === 'true'
}

export function texts(node: TreeNode | undefined): readonly string[] {
  return node?.kind === 'list' ? itemsOf(node).flatMap((item) => textOf(item) ?? []) : [textOf(node) ?? []].flat()
}

/** The texts of a map; a value without text is empty. */
export function textMap(node: TreeNode | undefined): { readonly [name: string]: string } {
  return Object.fromEntries(entriesOf(node).map(([name, value]) => [name, textOf(value) ?? '']))
}

/** The words of a command line, as a shell splits them. Nothing is expanded. */
export function words(node: TreeNode | undefined, key: string): readonly string[] | undefined {
  if (!node || (node.kind === 'scalar' && node.value === null)) return undefined
  if (node.kind === 'list') return texts(node)
  const text = textOf(node) ?? ''
  const found: string[] = []
  let word: string | undefined
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (quote !== "'" && character === '\\' && i + 1 < text.length) {
      i++
      word = `${word ?? ''}${quote && !/["\\$`\n]/.test(text[i] as string) ? '\\' : ''}${text[i]}`
    } else if (quote) {
      if (character === quote) quote = ''
      else word = `${word ?? ''}${character}`
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else word = `${word ?? ''}${character}`
  }
  if (quote) throw invalid(node, key, `the quote ${quote} does not end`, 'Close the quote.')
  return word === undefined ? found : [...found, word]
}

export function invalid(node: TreeNode, key: string, reason: string, fix: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', `${showPosition(node.at)}: ${key}: ${reason}.`, { hint: fix })
}

/** An object without the entries that are undefined. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
