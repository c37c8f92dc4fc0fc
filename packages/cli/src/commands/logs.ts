import { MoorageError, type LogLine } from '@moorage/core'
import type { Invocation } from '../main.ts'
import { eachRun, rootOf } from '../project.ts'
import { withSignals } from '../signals.ts'

/** The last lines of a service, and with `--follow` those to come. */
export async function logs(invocation: Invocation): Promise<number> {
  const {
    args: [service],
    options,
  } = invocation
  if (service === undefined)
    throw new MoorageError('USAGE', 'moorage logs: which service?', { hint: 'Write: moorage logs db' })
  const tail = countOf(options['lines'])
  const root = await rootOf(invocation)
  const take = ({ text }: LogLine): void => void process.stdout.write(`${text}\n`)
  // Whoever reads us may have seen enough.
  process.stdout.on('error', () => process.exit(0))
  return await withSignals(async ({ abort }) => {
    let last: unknown
    let shown = false
    const count = await eachRun(root, async ({ inspector }) => {
      if (shown) return
      abort.addEventListener('abort', () => inspector.close(), { once: true })
      try {
        if (options['follow']) await inspector.follow(service, tail, take)
        else for (const line of await inspector.logs(service, tail)) take(line)
        shown = true
      } catch (error) {
        last = error
      }
    })
    if (shown) return 0
    if (last !== undefined) throw last
    if (!count) process.stderr.write(`moorage: nothing runs for ${root}\n`)
    return 1
  })
}

function countOf(lines: string | boolean | undefined): number {
  if (lines === undefined) return 50
  if (/^\d{1,6}$/.test(String(lines))) return Number(lines)
  throw new MoorageError('USAGE', `moorage logs: -n: '${String(lines)}' is not a number of lines.`, {
    hint: 'Write: moorage logs db -n 100',
  })
}
