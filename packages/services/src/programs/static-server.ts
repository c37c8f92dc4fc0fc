import { fileURLToPath } from 'node:url'
import { moduleBeside, type Program, type ProgramContext } from '@moorage/core'
import { isAbsolute, join } from 'node:path'

/** A Node process of its own that serves the folder. */
export function program({ options, ports, root }: ProgramContext): Promise<Program> {
  const folder = String(options['root'])
  const server = fileURLToPath(moduleBeside(import.meta.url, 'static-server-main'))
  const path = isAbsolute(folder) ? folder : join(root, folder)
  return Promise.resolve({ command: [process.execPath, server, path, String(ports['http']), options['spa'] === true ? 'spa' : 'files'] })
}
