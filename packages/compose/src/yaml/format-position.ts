import { relative } from 'node:path'
import type { Position } from './tree.ts'

/** `compose.yaml:12`, with the path as it is written from the current folder if the file is in it. */
export function showPosition({ file, line }: Position): string {
  return `${showPath(file)}:${line}`
}

export function showPath(file: string): string {
  const path = relative(process.cwd(), file)
  return path.startsWith('..') || path === '' ? file : path
}
