import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { messageOf, MoorageError } from '@moorage/core'
import { findConfig } from '@moorage/core/runner'
import type { Command, Invocation } from './command.ts'
import { USAGE } from './usage.ts'

/** Parses what follows the command's name. Throws `MoorageError` (USAGE) for an unknown option or an extra argument. */
export function parseCommandLine(
  words: readonly string[],
  { options, maxArgs, needsDashes }: Command,
): Pick<Invocation, 'args' | 'options' | 'configPath'> {
  const dashes = words.indexOf('--')
  if (needsDashes && dashes < 0) rejectMissingDashes(words)
  try {
    const { values, positionals } = parseArgs({
      args: dashes < 0 ? [...words] : words.slice(0, dashes),
      options: { ...options, config: { type: 'string', short: 'c' } },
      allowPositionals: true,
    })
    const { config, ...rest } = values
    const extra = positionals[maxArgs]
    if (extra !== undefined) throw new RangeError(`Unexpected argument '${extra}'`)
    return {
      options: rest as Invocation['options'],
      args: maxArgs ? positionals : dashes < 0 ? [] : words.slice(dashes + 1),
      configPath: () => (typeof config === 'string' ? existingConfig(resolve(config)) : findConfig(process.cwd())),
    }
  } catch (cause) {
    throw new MoorageError('USAGE', `${messageOf(cause).split('. ')[0]}.`, { hint: USAGE, cause })
  }
}

/** `exec pytest -q` would read `-q` as an option of its own. */
function rejectMissingDashes(words: readonly string[]): void {
  const start = words.findIndex((word, i) => !word.startsWith('-') && !['-c', '--config'].includes(words[i - 1] ?? ''))
  if (start < 0) return
  const command = [...words.slice(0, start), '--', ...words.slice(start)].join(' ')
  throw new MoorageError('USAGE', 'exec: write the command after --.', {
    hint: `Did you mean: moorage exec ${command}`,
  })
}

function existingConfig(path: string): string {
  if (existsSync(path)) return path
  throw new MoorageError('CONFIG_NOT_FOUND', `--config: the file ${path} does not exist.`, {
    hint: 'Give the path of a config, or omit --config to use moorage.config.ts in the current folder or above it.',
  })
}
