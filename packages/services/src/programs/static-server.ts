import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { siblingModule, type Program, type ProgramContext } from '@moorage/core'
import { reportVersionMismatch } from './version-notice.ts'

/** A separate Node process that serves the folder. */
export function program(context: ProgramContext): Promise<Program> {
  const { options, ports, root } = context
  reportVersionMismatch(context, { instead: "moorage's own server" })
  const folder = String(options['root'])
  const server = fileURLToPath(siblingModule(import.meta.url, 'static-server-main'))
  const site = { ...options, root: isAbsolute(folder) ? folder : join(root, folder), port: ports['http'] }
  return Promise.resolve({ command: [process.execPath, server, JSON.stringify(site)] })
}
