import type { Json } from '@moorage/core'

// Text that every version of YAML reads as text: no number, date, boolean or sign of the syntax.
const PLAIN = /^[a-z_/.][\w./:@-]*$/i
const NOT_TEXT = /^(?:true|false|yes|no|on|off|y|n|null|\.inf|\.nan)$|^\.?\d|:$|: /i

/** Plain data as YAML, in blocks. Members that are undefined, and empty lists and maps within a map, are left out. */
export function toYaml(value: Json | undefined, indent = ''): string {
  if (Array.isArray(value)) return value.map((item: Json) => `${indent}- ${nested(item, `${indent}  `, true)}`).join('')
  if (typeof value !== 'object' || value === null) return `${indent}${scalar(value ?? null)}\n`
  return Object.entries(value)
    .filter(([, item]) => !isEmpty(item))
    .map(([key, item]) => `${indent}${scalar(key)}:${nested(item as Json, `${indent}  `, false)}`)
    .join('')
}

/** A stream of documents, after comments. */
export function toYamlDocuments(documents: readonly Json[], comments: readonly string[]): string {
  return [...comments.map((text) => `# ${text}\n`), ...documents.map((item) => `---\n${toYaml(item)}`)].join('')
}

function nested(value: Json, indent: string, inline: boolean): string {
  const text = toYaml(value, indent)
  const isBlock = typeof value === 'object' && value !== null
  if (!isBlock) return `${inline ? '' : ' '}${text.trimStart()}`
  if (text === '') return `${inline ? '' : ' '}${Array.isArray(value) ? '[]' : '{}'}\n`
  return inline ? text.trimStart() : `\n${text}`
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value)
  return PLAIN.test(value) && !NOT_TEXT.test(value) ? value : JSON.stringify(value)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}
