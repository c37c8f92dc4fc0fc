import { MoorageError } from '@moorage/core'
import { runVariables, type RunStatus } from '@moorage/core/runner'
import type { Invocation } from './main.ts'

export type Form = 'json' | 'env'

/** In which form a command is to give its data, if it is to give some. */
export function askedForm(command: string, { json, env }: Invocation['options']): Form | undefined {
  if (json && env)
    throw new MoorageError('USAGE', `moorage ${command}: --json and --env exclude each other.`, {
      hint: 'Leave one of them out.',
    })
  return json ? 'json' : env ? 'env' : undefined
}

/** A run on stdout: as JSON, or as lines for a shell and for `node --env-file`. */
export function write(form: Form, status: RunStatus): void {
  const env = runVariables(status)
  if (form === 'env') {
    for (const [name, value] of Object.entries(env)) process.stdout.write(`${name}=${quoted(value)}\n`)
    return
  }
  process.stdout.write(`${JSON.stringify(described(status), null, 2)}\n`)
}

/** A run for programs. */
export function described(status: RunStatus): object {
  const { run, connections: services, healthProblems, users, stays } = status
  return {
    run,
    services,
    healthProblems,
    users,
    ...(stays ? { stays: { because: stays.reason, seconds: Math.round(stays.remainingMs / 1_000) } } : {}),
    env: runVariables(status),
  }
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}
