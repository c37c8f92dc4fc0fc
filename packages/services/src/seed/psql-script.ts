import { StatementNesting } from './statement-nesting.ts'

/** A statement to send, or a command of psql that begins with a backslash. Texts are bytes in latin1. */
export interface ScriptCommand {
  /** Without the backslash. Undefined for a statement. */
  readonly meta?: string
  /** The statement, or what stands before the backslash in the same statement. */
  readonly text: string
  /** The rest of the line after the name of the command. */
  readonly rest: string
  /** The line of the file that `text` begins in, from 1. */
  readonly line: number
}

const WHITESPACE = /\s+/y
const LINE_COMMENT = /--[^\n]*/y
const COMMENT_EDGE = /\/\*|\*\//g
const IDENTIFIER = /[A-Za-z_\x80-\xff][\w\x80-\xff$]*/y
const NUMBER = /\$?\d[\w.]*/y
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/y
const VARIABLE = /:(?:'([\w\x80-\xff]+)'|"([\w\x80-\xff]+)"|([\w\x80-\xff]+))/y
const META_COMMAND = /\\([^\s\\]+|\\)([^\n]*)/y

/**
 * Reads a script as `psql -f` does, statement by statement. Source: psqlscan.l and mainloop.c of PostgreSQL 18. It
 * works on bytes (a latin1 string), so every encoding that extends ASCII stays as it is. The splitters on npm end an
 * escape string too early, or know neither COPY nor BEGIN ATOMIC.
 */
export class PsqlScript {
  /** As the server has it. */
  standardStrings = true
  readonly variables: Map<string, string>
  #text: string
  #at = 0
  #lineAt = 0
  #line = 1

  constructor(text: string, variables: Map<string, string> = new Map()) {
    this.#text = text.startsWith('\xEF\xBB\xBF') ? text.slice(3) : text
    this.variables = variables
  }

  next(): ScriptCommand | undefined {
    const blocks = new StatementNesting()
    let start = -1
    let line = 0
    // The statement up to `copied`, with its variables replaced.
    let replaced = ''
    let copied = 0
    const statement = (end: number): string => (start < 0 ? '' : replaced + this.#text.slice(copied, end))
    while (this.#at < this.#text.length) {
      if (this.#skip(WHITESPACE) || this.#skip(LINE_COMMENT) || this.#skipComment()) continue
      const at = this.#at
      const character = this.#text[at] as string
      if (character === '\\') {
        if (/[;:]/.test(this.#text[at + 1] ?? '')) {
          this.#at += 2
          continue
        }
        const text = statement(at)
        const metaLine = start < 0 ? this.#lineOf(at) : line
        const [whole = '\\', meta = '', rest = ''] = this.#match(META_COMMAND) ?? []
        this.#at = at + whole.length
        return { meta, text, rest: rest.trim(), line: metaLine }
      }
      if (start < 0 && character !== ';') {
        start = copied = at
        line = this.#lineOf(at)
      }
      if (character === ';' && !blocks.open) {
        this.#at++
        if (start < 0) continue
        return { text: statement(this.#at), rest: '', line }
      }
      const variable = this.#variable()
      if (variable) {
        replaced += this.#text.slice(copied, at) + variable.value
        copied = this.#at = at + variable.length
        continue
      }
      this.#skipToken(blocks)
    }
    return start < 0 ? undefined : { text: statement(this.#text.length), rest: '', line }
  }

  /** Takes the lines after the current one up to `\.` or the end: the data of `COPY … FROM STDIN`. */
  copyData(): { readonly data: string; readonly line: number } {
    const lineEnd = this.#text.indexOf('\n', this.#at)
    if (lineEnd < 0) return { data: '', line: this.#lineOf(this.#at) }
    const start = lineEnd + 1
    const line = this.#lineOf(start)
    const terminator = /^\\\.\r?$/gm
    terminator.lastIndex = start
    const end = terminator.exec(this.#text)
    const data = this.#text.slice(start, end?.index)
    const remainder = this.#text.slice(this.#at, lineEnd)
    const after = end ? terminator.lastIndex : this.#text.length
    if (/^\s*(--[^\n]*)?$/.test(remainder)) this.#at = after
    // Statements after COPY in the same line run once the data is read.
    else this.#removeRange(lineEnd, after)
    return { data, line }
  }

  /** Ends the script, as `\q` does. */
  stop(): void {
    this.#at = this.#text.length
  }

  #removeRange(start: number, end: number): void {
    this.#text = this.#text.slice(0, start) + this.#text.slice(end)
    if (this.#lineAt > start) {
      this.#lineAt = 0
      this.#line = 1
    }
  }

  #variable(): { readonly value: string; readonly length: number } | undefined {
    if (this.#text[this.#at] !== ':' || this.#text[this.#at - 1] === ':') return undefined
    const [whole = '', literal, identifier, plain] = this.#match(VARIABLE) ?? []
    const value = this.variables.get(literal ?? identifier ?? plain ?? '')
    if (value === undefined) return undefined
    const length = whole.length
    if (literal) return { value: quoteLiteral(value), length }
    return { value: identifier ? quoteIdentifier(value) : value, length }
  }

  #skipToken(blocks: StatementNesting): void {
    const character = this.#text[this.#at] as string
    if (character === "'") return this.#skipQuoted("'", !this.standardStrings)
    if (character === '"') return this.#skipQuoted('"', false)
    const dollar = this.#match(DOLLAR_QUOTE)
    if (dollar) {
      const end = this.#text.indexOf(dollar[0], this.#at + dollar[0].length)
      this.#at = end < 0 ? this.#text.length : end + dollar[0].length
      return
    }
    if (/e/i.test(character) && this.#text[this.#at + 1] === "'") {
      this.#at++
      return this.#skipQuoted("'", true)
    }
    const identifier = this.#match(IDENTIFIER)
    if (identifier) {
      blocks.word(identifier[0])
      this.#at += identifier[0].length
      return
    }
    if (this.#skip(NUMBER)) return
    blocks.character(character)
    this.#at++
  }

  #skipQuoted(quote: string, escapes: boolean): void {
    const special = escapes ? /['\\]/g : quote === '"' ? /"/g : /'/g
    special.lastIndex = this.#at + 1
    for (let found = special.exec(this.#text); found; found = special.exec(this.#text)) {
      const next = found.index + 1
      if (found[0] === '\\' || this.#text[next] === quote) special.lastIndex = next + 1
      else {
        this.#at = next
        return
      }
    }
    this.#at = this.#text.length
  }

  #skipComment(): boolean {
    if (!this.#text.startsWith('/*', this.#at)) return false
    COMMENT_EDGE.lastIndex = this.#at
    let depth = 0
    for (let edge = COMMENT_EDGE.exec(this.#text); edge; edge = COMMENT_EDGE.exec(this.#text)) {
      depth += edge[0] === '/*' ? 1 : -1
      if (depth > 0) continue
      this.#at = COMMENT_EDGE.lastIndex
      return true
    }
    this.#at = this.#text.length
    return true
  }

  #skip(pattern: RegExp): boolean {
    const found = this.#match(pattern)
    if (found) this.#at += found[0].length
    return found !== null
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)
  }

  #lineOf(offset: number): number {
    for (let at = this.#text.indexOf('\n', this.#lineAt); at >= 0 && at < offset; at = this.#text.indexOf('\n', at + 1))
      this.#line++
    this.#lineAt = offset
    return this.#line
  }
}

function quoteLiteral(value: string): string {
  return `${value.includes('\\') ? ' E' : ''}'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
}

function quoteIdentifier(value: string): string {
  return `"${value.replaceAll('"', '""')}"`
}
