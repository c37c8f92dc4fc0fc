import { relative } from 'node:path'
import { styleText } from 'node:util'
import { createTwoFilesPatch } from '../../vendor/diff.ts'
import type { Change } from '../change.ts'

const HEADER = /^(={3,}|Index: .*)\n/gm

/** A change as a unified diff that `git apply` takes, coloured if stdout is a terminal. */
export function diffText({ path, before, after }: Change, root: string): string {
  const name = relative(root, path)
  const from = before === undefined ? '/dev/null' : `a/${name}`
  const patch = createTwoFilesPatch(from, `b/${name}`, before ?? '', after, undefined, undefined, { context: 3 })
  return patch.replace(HEADER, '').replaceAll('\t\n', '\n').split('\n').map(colour).join('\n')
}

function colour(line: string): string {
  const format = /^(---|\+\+\+) /.test(line)
    ? 'bold'
    : line.startsWith('+')
      ? 'green'
      : line.startsWith('-')
        ? 'red'
        : line.startsWith('@@')
          ? 'cyan'
          : undefined
  return format ? styleText(format, line, { stream: process.stdout }) : line
}
