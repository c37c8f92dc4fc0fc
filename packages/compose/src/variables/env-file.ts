import { readFileSync } from 'node:fs'
import { messageOf, MoorageError } from '@moorage/core'
import { showPath, showPosition } from '../yaml/format-position.ts'
import { interpolate, type Lookup } from './interpolate.ts'

/** Variables by name. */
export type Variables = { readonly [name: string]: string }

interface EnvFile {
  readonly file: string
  /** For `$NAME` in values, and for names without a value. */
  readonly lookup: Lookup
  /** `raw` takes every value as it stands: no quotes, no substitution. */
  readonly raw?: boolean
}

/** Reads a file of variables. Throws `MoorageError` (CONFIG_INVALID) for a line that is none. */
export function readEnvFile({ file, lookup, raw = false }: EnvFile): Variables {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MoorageError('CONFIG_INVALID', `${showPath(file)} could not be read: ${messageOf(cause)}.`, { cause })
  }
  return raw ? parseRaw(text, lookup) : new EnvFileParser(text, file, lookup).parse()
}

function parseRaw(text: string, lookup: Lookup): Variables {
  const variables: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/.exec(line) ?? []
    const found = value ?? lookup(name.trim())
    if (found !== undefined) variables[name.trim()] = found
  }
  return variables
}

const KEY = /(?:export[ \t]+)?([\p{L}\p{N}_.\-[\]]+)[ \t]*(?:([=:])[ \t]*|(?=\r?\n|$|#))/uy
const ESCAPE = /\\([abcfnrtv$"\\]|0\d{0,3})/g
const ESCAPES: { readonly [letter: string]: string } = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  // It stays a dollar sign when variables are substituted.
  $: '$$',
}

/** The syntax of `.env` and `env_file`. Source: Compose Specification, env_file, and compose-go's package dotenv. */
class EnvFileParser {
  readonly #text: string
  readonly #file: string
  readonly #lookup: Lookup
  readonly #variables: Record<string, string> = {}
  #at = 0

  constructor(text: string, file: string, lookup: Lookup) {
    this.#text = text.replace(/^\uFEFF/, '')
    this.#file = file
    this.#lookup = lookup
  }

  parse(): Variables {
    for (this.#skipBlank(); this.#at < this.#text.length; this.#skipBlank()) {
      KEY.lastIndex = this.#at
      const [matched, name = '', sign] = KEY.exec(this.#text) ?? []
      if (matched === undefined) throw this.#invalid(`'${this.#restOfLine()}' does not begin with NAME=.`)
      this.#at += matched.length
      const value = sign === undefined ? this.#lookup(name) : this.#value()
      if (value !== undefined) this.#variables[name] = value
    }
    return this.#variables
  }

  #skipBlank(): void {
    const blank = /(?:\s+|#[^\n]*)*/y
    blank.lastIndex = this.#at
    this.#at += blank.exec(this.#text)?.[0].length ?? 0
  }

  #value(): string {
    const quote = this.#text[this.#at]
    if (quote !== '"' && quote !== "'") {
      const line = this.#restOfLine()
      this.#at += line.length
      return this.#substitute(line.replace(/ #.*$/s, '').trimEnd())
    }
    const quoted = new RegExp(`${quote}((?:\\\\[^]|[^\\\\${quote}])*)${quote}`, 'y')
    quoted.lastIndex = this.#at
    const [matched, body = ''] = quoted.exec(this.#text) ?? []
    if (matched === undefined) throw this.#invalid(`the quote of ${this.#restOfLine()} is not closed.`)
    this.#at += matched.length
    const value = body.replaceAll(`\\${quote}`, quote)
    return quote === "'" ? value : this.#substitute(value.replace(ESCAPE, unescape))
  }

  #substitute(value: string): string {
    const { text, problem } = interpolate(value, (name) => this.#lookup(name) ?? this.#variables[name])
    if (problem) throw this.#invalid(`${problem.text} cannot be substituted.`)
    return text
  }

  #restOfLine(): string {
    return /^[^\n]*/.exec(this.#text.slice(this.#at))?.[0] ?? ''
  }

  #invalid(message: string): MoorageError {
    const line = this.#text.slice(0, this.#at).split('\n').length
    return new MoorageError('CONFIG_INVALID', `${showPosition({ file: this.#file, line, column: 1 })}: ${message}`, {
      hint: 'Write NAME=value, NAME=\'value\' or NAME="value".',
    })
  }
}

function unescape(whole: string, escape: string): string {
  if (escape.startsWith('0')) return String.fromCodePoint(Number.parseInt(escape, 8) || 0)
  return ESCAPES[escape] ?? whole
}
