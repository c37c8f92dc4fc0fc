import { escapeWorkflowCommands, MoorageError, type LogLine } from '@moorage/core'
import type { LogQuery, RunObserver } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { writeNotice, writeSkippedRuns } from '../output.ts'
import { forEachRun, projectRoot } from '../project-runs.ts'
import { withSignals } from '../signals.ts'

const DEFAULT_LINES = 50

/** Prints the last lines of one service or of all, and with `--follow` the new ones as they arrive. */
export async function runLogs(invocation: Invocation): Promise<number> {
  const { options } = invocation
  const service = parseService(invocation)
  const query = { tail: parseLineCount(options['lines']), follow: options['follow'] === true }
  const root = await projectRoot(invocation)
  // The reader of a pipe, such as `head`, may close it early.
  process.stdout.on('error', () => process.exit(0))
  return await withSignals(async ({ abort }) => {
    let lastError: unknown
    let printed = false
    const { visited, skipped } = await forEachRun(root, async ({ observer }) => {
      if (printed) return
      abort.addEventListener('abort', () => observer.close(), { once: true })
      try {
        if (service === undefined) await readAll(observer, query)
        else await observer.readLogs({ ...query, service }, linePrinter(''))
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

/** The logs of all services: one after another, or with `follow` as their lines arrive. */
async function readAll({ status, readLogs }: RunObserver, query: Omit<LogQuery, 'service'>): Promise<void> {
  const { connections = {} } = (await status()) ?? {}
  const names = Object.keys(connections)
  const width = Math.max(...names.map((name) => name.length))
  const readers = names.map(
    (service) => () => readLogs({ ...query, service }, linePrinter(`${service.padEnd(width)} | `)),
  )
  if (query.follow) await Promise.all(readers.map((read) => read()))
  else for (const read of readers) await read()
}

function linePrinter(prefix: string): (line: LogLine) => void {
  const inActions = process.env['GITHUB_ACTIONS'] === 'true'
  return ({ text }) => {
    const line = `${prefix}${text}`
    process.stdout.write(`${inActions ? escapeWorkflowCommands(line) : line}\n`)
  }
}

/** The service to read; undefined stands for all. */
function parseService({ args: [service], options }: Invocation): string | undefined {
  if (service !== undefined && options['all'])
    throw new MoorageError('USAGE', `logs: '${service}' and --all cannot be combined.`, { hint: 'Omit one of them.' })
  if (service === undefined && !options['all'])
    throw new MoorageError('USAGE', 'logs: no service given.', {
      hint: 'Examples: moorage logs db, moorage logs --all',
    })
  return service
}

function parseLineCount(lines: string | boolean | undefined): number {
  if (lines === undefined) return DEFAULT_LINES
  if (/^\d{1,6}$/.test(String(lines))) return Number(lines)
  throw new MoorageError('USAGE', `logs: -n: '${String(lines)}' is not a number of lines.`, {
    hint: 'Example: moorage logs db -n 100',
  })
}
