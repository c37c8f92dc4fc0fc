import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { MoorageError, type Program, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'

/**
 * The user's own command. Throws `MoorageError` (PROGRAM_NOT_FOUND) if its program does not exist, and (CONFIG_INVALID)
 * if its folder does not.
 */
export function program({ service, options, root, ports }: ProgramContext): Promise<Program> {
  const cwd = resolve(root, String(options['cwd']))
  if (!existsSync(cwd))
    throw new MoorageError('CONFIG_INVALID', `services.${service}.cwd: ${cwd} does not exist.`, {
      service,
      hint: 'Create the folder, or correct the path.',
    })
  const [name = '', ...args] = options['command'] as readonly string[]
  const isPath = /[/\\]/.test(name)
  const file = isPath ? resolve(cwd, name) : findProgram(name)
  if (file === undefined || !existsSync(file))
    throw new MoorageError(
      'PROGRAM_NOT_FOUND',
      `services.${service}.command: ${isPath ? `${String(file)} does not exist` : `found no ${name} on the PATH`}.`,
      { service, hint: 'Install it, or correct the command.' },
    )
  const address: { readonly [name: string]: string } = { PORT: String(ports['main']), HOST: '127.0.0.1' }
  const command = [
    file,
    ...args.map((arg) => arg.replace(/\$(PORT|HOST)\b/g, (_, word: string) => address[word] ?? '')),
  ]
  return Promise.resolve({ command, cwd })
}
