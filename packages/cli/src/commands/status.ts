import { styleText } from 'node:util'
import { displayUrl, formatDuration, type RunStatus } from '@moorage/core/runner'
import { askedForm, described, write } from '../output.ts'
import type { Invocation } from '../main.ts'
import { eachRun, rootOf } from '../project.ts'

/** What runs for a project. Exit code 1 when nothing does. */
export async function status(invocation: Invocation): Promise<number> {
  const form = askedForm('status', invocation.options)
  const root = await rootOf(invocation)
  const found: RunStatus[] = []
  await eachRun(root, async ({ inspector }) => {
    const said = await inspector.status()
    if (said) found.push(said)
  })
  // What was left standing first: it is what variables are asked of.
  const [first, ...more] = found.toSorted((a, b) => rank(b) - rank(a))
  if (form === 'json')
    process.stdout.write(`${JSON.stringify(first ? [first, ...more].map(described) : [], null, 2)}\n`)
  else if (first && form === 'env') write(form, first)
  else if (first)
    process.stdout.write(
      [first, ...more]
        .flatMap(linesOf)
        .map((line) => `${line}\n`)
        .join(''),
    )
  if (!first) process.stderr.write(`moorage: nothing runs for ${root}\n`)
  return first ? 0 : 1
}

function rank({ stays }: RunStatus): number {
  return stays?.reason === 'asked' ? 2 : stays ? 0 : 1
}

function linesOf({ run, connections, variables, healthProblems, users, stays }: RunStatus): readonly string[] {
  const paint = (style: 'green' | 'red', text: string): string => styleText(style, text, { stream: process.stdout })
  const why = stays?.reason === 'failed' ? 'failed, stays' : 'stays'
  const until = stays ? [`${why} for ${formatDuration(stays.remainingMs)} more`] : []
  const used = users ? [`used by ${users} process${users > 1 ? 'es' : ''}`] : []
  const services = Object.keys(variables).map((name) => {
    const url = connections[name]?.['url']
    const ill = healthProblems[name] ?? (connections[name] ? undefined : 'did not start, or was stopped')
    return ill === undefined
      ? [paint('green', '✓'), `${name} `, typeof url === 'string' ? displayUrl(url) : '']
      : [paint('red', '✗'), `${name} `, ill]
  })
  return [`run ${[run, ...until, ...used].join(', ')}`, ...services.map((parts) => parts.join(' ').trimEnd())]
}
