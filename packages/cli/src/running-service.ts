import { MoorageError } from '@moorage/core'
import { closestWord, type RunStatus } from '@moorage/core/runner'
import type { Invocation } from './command.ts'
import { writeNotice, writeSkippedRuns } from './output.ts'
import { forEachRun, projectRoot } from './project-runs.ts'

/**
 * The status of the first run of a project that has a service; undefined, with a notice, if nothing runs. Throws
 * `MoorageError` (USAGE) if services run, but not this one.
 */
export async function findRunningService(invocation: Invocation, service: string): Promise<RunStatus | undefined> {
  const root = await projectRoot(invocation)
  const statuses: RunStatus[] = []
  const { skipped } = await forEachRun(root, async ({ observer }) => {
    const status = await observer.status()
    if (status) statuses.push(status)
  })
  const found = statuses.find(({ connections }) => connections[service])
  if (found) return found
  const names = statuses.flatMap(({ connections }) => Object.keys(connections))
  if (names.length) throw notRunning(service, names)
  writeSkippedRuns(skipped)
  writeNotice(`no services are running for ${root}. To start them: moorage up`)
  return undefined
}

function notRunning(service: string, names: readonly string[]): MoorageError {
  const meant = closestWord(service, names)
  return new MoorageError('USAGE', `services.${service} is not running.${meant ? ` Did you mean ${meant}?` : ''}`, {
    hint: `Running services: ${[...new Set(names)].join(', ')}.`,
  })
}
