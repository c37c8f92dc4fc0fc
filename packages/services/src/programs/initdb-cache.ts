import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ProgramContext } from '@moorage/core'
import { runCommand } from './run-command.ts'

export interface TemplateCopy {
  /** Path of the template: an archive, whose reader and writer need no right in each other's folders. */
  readonly template: string
  /** The data directory, which belongs to the uid. */
  readonly data: string
  readonly uid: number | undefined
}

// Longer than any copy takes: an older partial file was left by a process that was killed.
const PARTIAL_FILE_LIFETIME_MS = 3_600_000

/**
 * Unpacks the template into the data directory. Returns false if there is none, or if it cannot be unpacked; a damaged
 * one is removed.
 */
export async function copyFromTemplate(
  context: ProgramContext,
  { template, data, uid }: TemplateCopy,
): Promise<boolean> {
  const file = await open(template).catch(() => undefined)
  if (!file) return false
  try {
    await runCommand(context, ['tar', '-xf', '-'], { task: 'unpacking', cwd: data, stdin: file.fd, uid })
    return true
  } catch {
    context.signal.throwIfAborted()
    await rm(template, { force: true })
    return false
  } finally {
    await file.close()
  }
}

/** Packs the data directory into the template. A failure costs time at the next start and is ignored. */
export async function saveTemplate(context: ProgramContext, { template, data, uid }: TemplateCopy): Promise<void> {
  // Random, because a process in another container may have the same pid.
  const partial = `${template}.${randomBytes(8).toString('hex')}.part`
  let file: FileHandle | undefined
  try {
    file = await open(partial, 'wx', 0o600)
    await removeOldPartialFiles(template, (await file.stat()).mtimeMs)
    await runCommand(context, ['tar', '-cf', '-', '.'], { task: 'packing', cwd: data, stdout: file.fd, uid })
    await rename(partial, template)
  } catch {
    await rm(partial, { force: true })
    context.signal.throwIfAborted()
  } finally {
    await file?.close()
  }
}

/** `now` is the time of the file system, in milliseconds. */
async function removeOldPartialFiles(template: string, now: number): Promise<void> {
  const folder = dirname(template)
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(template)) && name.endsWith('.part'))
  for (const path of names.map((name) => join(folder, name))) {
    const { mtimeMs = now } = (await stat(path).catch(() => undefined)) ?? {}
    if (now - mtimeMs > PARTIAL_FILE_LIFETIME_MS) await rm(path, { force: true })
  }
}
