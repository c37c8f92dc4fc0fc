import { MoorageError, type ErrorDetails } from '@moorage/core'
import type { DatabaseError } from '../vendor/pg-protocol.ts'

const MAX_LINE_LENGTH = 160

export interface FailedStatement {
  readonly file: string
  /** The line that the statement begins in, from 1. */
  readonly line: number
  /** The statement in UTF-8. */
  readonly text: string
  /** The line that the data of COPY begins in. */
  readonly copyLine?: number | undefined
}

/** An error of the server with file, line and statement, in the way of psql. */
export function statementError(error: DatabaseError, statement: FailedStatement): MoorageError {
  const { file, line, text, copyLine } = statement
  // PostgreSQL counts characters from 1; JavaScript counts UTF-16 units.
  const before = [...text].slice(0, Math.max(Number(error.position ?? 1) - 1, 0)).join('')
  const dataLine = copyLine === undefined ? undefined : /^COPY .*, line (\d+)/.exec(error.where ?? '')?.[1]
  const at = dataLine === undefined ? line + before.split('\n').length - 1 : Number(copyLine) + Number(dataLine) - 1
  const lines: [label: string, text: string | undefined][] = [
    ['DETAIL', error.detail],
    ['HINT', error.hint],
    ['CONTEXT', error.where],
  ]
  const logs = [
    ...excerpt(text, error.position === undefined ? undefined : before),
    ...lines.flatMap(([label, value]) => (value === undefined ? [] : [`${label}:  ${value}`])),
  ]
  return seedError(`${file}:${at}: ${error.message} (SQLSTATE ${error.code ?? 'unknown'}).`, { logs })
}

export function seedError(message: string, details: ErrorDetails = {}): MoorageError {
  return new MoorageError('SEED_FAILED', message, details)
}

/** The line of the statement at fault with a mark below the place, or its first line. */
function excerpt(text: string, before: string | undefined): readonly string[] {
  const lines = text.split('\n')
  const row = before === undefined ? 0 : before.split('\n').length - 1
  const line = (lines[row] ?? '').trimEnd()
  const column = before === undefined ? 0 : before.length - (before.lastIndexOf('\n') + 1)
  const start = Math.max(0, Math.min(column - MAX_LINE_LENGTH / 2, line.length - MAX_LINE_LENGTH))
  const shown = line.slice(start, start + MAX_LINE_LENGTH)
  const mark = shown.slice(0, column - start).replace(/[^\t]/g, ' ')
  return before === undefined ? [shown] : [shown, `${mark}^`]
}
