import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '@moorage/core/provider'

export const LOG_STREAMS = ['stdout', 'stderr'] as const

/**
 * containerd hands over stdout and stderr as descriptors 3 and 4, and waits until 5 is closed. It sends SIGTERM once
 * the container is removed, when there may still be output. Source: containerd documentation, "Runtime v2", "Logging".
 */
function script(folder: string): string {
  return `trap '' TERM
exec 5>&-
cd '${folder.replaceAll("'", "'\\''")}'
cat <&3 >stdout & exec cat <&4 >stderr 3<&-`
}

/** The folder of a run's logs. Only this user can read it. */
export function runLogFolder({ cache, id }: Pick<Run, 'cache' | 'id'>): string {
  return join(cache, 'nerdctl', id)
}

/** Creates the folder of a service's log, empty. */
export async function createLogFolder(run: Run, service: string): Promise<string> {
  const folder = join(runLogFolder(run), service)
  await rm(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/**
 * The log driver that writes each stream into a file of the folder. nerdctl's own drivers stop to read a stream at its
 * first line of more than 64 KiB, which loses the rest and blocks the service.
 */
export function logDriver(folder: string): string {
  // One argument only: containerd does not keep the order of several.
  return `binary:///bin/sh?-c=${encodeURIComponent(script(folder))}`
}

export async function removeLogFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
