import { collectGarbage } from '@moorage/core/runner'
import type { Invocation } from '../main.ts'
import { eachRun, rootOf } from '../project.ts'

/** Ends the stay of a project's runs: what nobody uses goes now, the rest when its users have left. */
export async function down(invocation: Invocation): Promise<number> {
  const root = await rootOf(invocation)
  const failures: string[] = []
  const say = (text: string): void => void process.stderr.write(`moorage: ${text}\n`)
  const count = await eachRun(root, async ({ run, inspector }) => {
    const { users, failures: own } = await inspector.release()
    failures.push(...own)
    say(
      users
        ? `run ${run} is used by ${users} process${users > 1 ? 'es' : ''}: it goes when ${users > 1 ? 'they have' : 'it has'} left`
        : `run ${run} is gone`,
    )
  })
  // A killed supervisor's run lives no more, but what it left may.
  const left = await collectGarbage([], {
    env: process.env,
    root,
    dry: false,
    signal: new AbortController().signal,
    failed: false,
  })
  for (const { kind, id } of left.reaped) say(`left by a run that was killed: ${kind} ${id} is gone`)
  failures.push(...left.failures)
  for (const failure of failures) say(`not removed: ${failure}`)
  if (!count && !left.reaped.length) say(`nothing runs for ${root}`)
  return failures.length ? 1 : 0
}
