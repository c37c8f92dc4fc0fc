import { escapeWorkflowCommands, MoorageError, type LogLine } from '@moorage/core'
import type { Invocation } from '../command.ts'
import { writeNotice, writeSkippedRuns } from '../output.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'
import { withSignals } from '../signals.ts'

const DEFAULT_LINES = 50

/** Prints the last lines of a service's log, and with `--follow` the new ones as they arrive. */
export async function runLogs(invocation: Invocation): Promise<number> {
  const {
    args: [service],
    options,
  } = invocation
  if (service === undefined)
    throw new MoorageError('USAGE', 'logs: no service given.', { hint: 'Example: moorage logs db' })
  const tail = parseLineCount(options['lines'])
  const root = await projectRoot(invocation)
  const inActions = process.env['GITHUB_ACTIONS'] === 'true'
  const print = ({ text }: LogLine): void =>
    void process.stdout.write(`${inActions ? escapeWorkflowCommands(text) : text}\n`)
  // The reader of a pipe, such as `head`, may close it early.
  process.stdout.on('error', () => process.exit(0))
  return await withSignals(async ({ abort }) => {
    let lastError: unknown
    let printed = false
    const { visited, skipped } = await forEachRun(root, async ({ observer }) => {
      if (printed) return
      abort.addEventListener('abort', () => observer.close(), { once: true })
      try {
        await observer.readLogs({ service, tail, follow: options['follow'] === true }, print)
        printed = true
      } catch (error) {
        lastError = error
      }
    })
    if (printed) return 0
    if (lastError !== undefined) throw lastError
    writeSkippedRuns(skipped)
    if (!visited && !skipped.length) writeNotice(`no services are running for ${root}`)
    return 1
  })
}

function parseLineCount(lines: string | boolean | undefined): number {
  if (lines === undefined) return DEFAULT_LINES
  if (/^\d{1,6}$/.test(String(lines))) return Number(lines)
  throw new MoorageError('USAGE', `logs: -n: '${String(lines)}' is not a number of lines.`, {
    hint: 'Example: moorage logs db -n 100',
  })
}
