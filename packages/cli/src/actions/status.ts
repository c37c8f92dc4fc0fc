import { styleText } from 'node:util'
import { displayUrl, explainJoin, formatDuration, loadConfig, type RunStatus } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { outputFormat, processCount, runToJson, writeJson, writeNotice, writeRun, writeSkippedRuns } from '../output.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'

/** Shows the runs of a project. Exit code 1 if there are none. */
export async function runStatus(invocation: Invocation): Promise<number> {
  const format = outputFormat('status', invocation.options)
  const root = await projectRoot(invocation)
  const runs: RunStatus[] = []
  const { skipped } = await forEachRun(root, async ({ observer }) => {
    const answer = await observer.status()
    if (answer) runs.push(answer)
  })
  // The run of `moorage up` comes first: `--env` prints the variables of the first one.
  const [first, ...others] = runs.toSorted((a, b) => priority(b) - priority(a))
  if (format === 'json') writeJson(first ? [first, ...others].map(runToJson) : [])
  else if (first && format === 'env') writeRun(format, first)
  else if (first)
    for (const line of [first, ...others].flatMap(await createDescription(invocation)))
      process.stdout.write(`${line}\n`)
  writeSkippedRuns(skipped)
  if (!first && !skipped.length) writeNotice(`no services are running for ${root}`)
  return first ? 0 : 1
}

/** With `--why`, each run also says whether a process that starts now would join it. */
async function createDescription({
  options,
  installation,
  configPath,
}: Invocation): Promise<(run: RunStatus) => readonly string[]> {
  if (!options['why']) return describeRun
  const config = await loadConfig(configPath())
  return (run) => [...describeRun(run), ...explainJoin(installation, config, { status: run, env: process.env })]
}

function priority({ retention }: RunStatus): number {
  return retention?.reason === 'asked' ? 2 : retention ? 0 : 1
}

function describeRun({ run, connections, plan, healthProblems, users, retention }: RunStatus): readonly string[] {
  const paint = (style: 'green' | 'red', text: string): string => styleText(style, text, { stream: process.stdout })
  const failed = retention?.reason === 'failed' ? ['failed'] : []
  const kept = retention ? [`kept for another ${formatDuration(retention.remainingMs)}`] : []
  const used = users ? [`used by ${processCount(users)}`] : []
  const services = Object.keys(plan.services).map((name) => {
    const url = connections[name]?.['url']
    const problem = healthProblems[name] ?? (connections[name] ? undefined : 'did not start, or was stopped')
    return problem === undefined
      ? [paint('green', '✓'), `${name} `, typeof url === 'string' ? displayUrl(url) : '']
      : [paint('red', '✗'), `${name} `, problem]
  })
  return [`run ${[run, ...failed, ...kept, ...used].join(', ')}`, ...services.map((parts) => parts.join(' ').trimEnd())]
}
