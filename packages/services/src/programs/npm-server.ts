import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { messageOf, MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { scriptCommand } from './package-manager.ts'
import { reportVersionMismatch } from './version-notice.ts'

/**
 * Runs a script with the project's package manager, in the folder of the user's package.json. Throws `MoorageError`
 * (CONFIG_INVALID) if it lacks the script.
 */
export function program(context: ProgramContext): Promise<Program> {
  const { service, options, root } = context
  reportVersionMismatch(context, { program: 'node' })
  const cwd = resolve(root, String(options['cwd']))
  const script = String(options['script'])
  const file = join(cwd, 'package.json')
  if (!existsSync(file)) {
    throw new MoorageError('CONFIG_INVALID', `services.${service}.cwd: found no package.json in ${cwd}.`, {
      service,
      hint: 'Give the folder of the package that contains the script.',
    })
  }
  const { scripts = {} } = readManifest(service, file)
  if (!scripts[script]) {
    const names = Object.keys(scripts)
    throw new MoorageError('CONFIG_INVALID', `services.${service}.script: ${file} has no script '${script}'.`, {
      service,
      hint: names.length ? `Its scripts are ${names.join(', ')}.` : 'It has no scripts.',
    })
  }
  return Promise.resolve({ command: scriptCommand(context, cwd, script), cwd })
}

function readManifest(service: string, file: string): { readonly scripts?: Readonly<Record<string, string>> } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> }
  } catch (cause) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `services.${service}.cwd: ${file} is not valid JSON: ${messageOf(cause)}.`,
      {
        service,
        hint: 'Correct the file.',
        cause,
      },
    )
  }
}
