import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const MAX_BYTES = 64 * 1024

/** The lines at the end of a supervisor's log, at most 64 KiB of them. Empty where the file cannot be read. */
export function readSupervisorLogTail(file: string): readonly string[] {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const { size } = fstatSync(descriptor)
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES))
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
    return bytes
      .toString()
      .split('\n')
      .filter((line) => line.trim())
  } catch {
    return []
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
