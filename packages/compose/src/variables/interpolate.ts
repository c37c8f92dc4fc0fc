/** Looks a variable up; undefined if it is not set. */
export type Lookup = (name: string) => string | undefined

/** A text that cannot be substituted. */
export type SubstitutionProblem =
  | { readonly kind: 'invalid'; readonly text: string }
  | { readonly kind: 'required'; readonly variable: string; readonly text: string }

export interface Substitution {
  readonly text: string
  /** Variables that are not set and have no default: they became the empty text. */
  readonly unset: readonly string[]
  /** The first problem, if any. */
  readonly problem?: SubstitutionProblem
}

const VARIABLE = /^[_a-z][_a-z0-9]*/i
const OPERATOR = /^(:?[-+?])/

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME?message}`,
 * `${NAME:+other}` and `${NAME+other}`; the part behind the operator may contain further ones. `$$` stands for `$`.
 * Source: Compose Specification, Interpolation.
 */
export function interpolate(text: string, lookup: Lookup): Substitution {
  const unset: string[] = []
  let out = ''
  let i = 0
  while (i < text.length) {
    const rest = text.slice(i + 1)
    const name = VARIABLE.exec(rest)?.[0]
    if (text[i] !== '$') out += text[i++]
    else if (rest.startsWith('$')) {
      out += '$'
      i += 2
    } else if (name !== undefined) {
      out += valueOf(name, lookup, unset)
      i += 1 + name.length
    } else if (rest.startsWith('{')) {
      const end = closingBrace(text, i + 1)
      const body = end === undefined ? undefined : text.slice(i + 2, end)
      const replaced = body === undefined ? undefined : substitute(body, lookup, unset)
      if (replaced === undefined || end === undefined)
        return { text, unset, problem: { kind: 'invalid', text: text.slice(i, (end ?? text.length) + 1) } }
      if (typeof replaced !== 'string') return { text, unset, problem: replaced }
      out += replaced
      i = end + 1
    } else out += text[i++]
  }
  return { text: out, unset }
}

function valueOf(name: string, lookup: Lookup, unset: string[]): string {
  const value = lookup(name)
  if (value === undefined) unset.push(name)
  return value ?? ''
}

/** What stands between the braces. Undefined if it is no valid substitution. */
function substitute(body: string, lookup: Lookup, unset: string[]): string | SubstitutionProblem | undefined {
  const name = VARIABLE.exec(body)?.[0]
  if (name === undefined) return undefined
  const rest = body.slice(name.length)
  if (rest === '') return valueOf(name, lookup, unset)
  const operator = OPERATOR.exec(rest)?.[0]
  if (operator === undefined) return undefined
  const value = lookup(name)
  const counts = operator.startsWith(':') ? Boolean(value) : value !== undefined
  if (operator.endsWith('+') ? !counts : counts) return value ?? ''
  const word = interpolate(rest.slice(operator.length), lookup)
  if (word.problem) return word.problem
  unset.push(...word.unset)
  return operator.endsWith('?') ? { kind: 'required', variable: name, text: word.text } : word.text
}

/** Index of the brace that closes the one at `start`. */
function closingBrace(text: string, start: number): number | undefined {
  let open = 0
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') open++
    else if (text[i] === '}' && --open === 0) return i
  }
  return undefined
}
