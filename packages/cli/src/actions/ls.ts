import { formatDuration, listRuns, loadConfig, type RunStatus } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { processCount, runToJson, writeJson, writeNotice, writeSkippedRuns } from '../output.ts'
import { formatTable } from '../table.ts'

interface ListedRun {
  readonly root: string
  readonly status: RunStatus
}

/** Lists the runs of this user, or the services of the config. */
export async function runLs({ options, configPath }: Invocation): Promise<number> {
  if (options['services']) {
    const names = Object.keys((await loadConfig(configPath())).services)
    if (options['json']) writeJson(names)
    else for (const name of names) process.stdout.write(`${name}\n`)
    return 0
  }
  const { runs, unreachable } = await listRuns(process.env)
  const listed: ListedRun[] = []
  try {
    for (const { root, observer } of runs) {
      const status = await observer.status()
      if (status) listed.push({ root, status })
    }
  } finally {
    for (const { observer } of runs) observer.close()
  }
  listed.sort((a, b) => a.root.localeCompare(b.root))
  if (options['json']) writeJson(listed.map(({ root, status }) => ({ root, ...runToJson(status) })))
  else if (listed.length) writeTable(listed)
  else writeNotice('none of your runs is alive on this machine')
  writeSkippedRuns(unreachable)
  return 0
}

function writeTable(listed: readonly ListedRun[]): void {
  const rows = listed.map(({ root, status }) => [
    status.run,
    root,
    Object.keys(status.plan.services).join(','),
    describeState(status),
  ])
  for (const line of formatTable([['RUN', 'PROJECT', 'SERVICES', 'STATE'], ...rows])) process.stdout.write(`${line}\n`)
}

function describeState({ retention, users, healthProblems }: RunStatus): string {
  const broken = Object.keys(healthProblems)
  return [
    ...(retention?.reason === 'failed' ? ['failed'] : []),
    ...(retention ? [`kept for another ${formatDuration(retention.remainingMs)}`] : []),
    ...(users ? [`used by ${processCount(users)}`] : []),
    ...(broken.length ? [`not answering: ${broken.join(', ')}`] : []),
  ].join('; ')
}
