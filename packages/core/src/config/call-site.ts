import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The first stack frame outside of moorage above `below`, as `file:line:column`. */
export function callSite(below: (...args: never[]) => unknown): string | undefined {
  const holder = { stack: '' }
  Error.captureStackTrace(holder, below)
  const frame = holder.stack
    .split('\n')
    .slice(1)
    .find((line) => !/[\\/](moorage|@moorage|packages[\\/](core|services|moorage))[\\/](dist|src)[\\/]/.test(line))
  return frame?.match(/\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?:\d+:\d+)\)?$/)?.[1]
}

/** The folder of a call site; a config bundled into node_modules/.vite-temp counts as beside node_modules. */
export function callFolder(at: string | undefined): string | undefined {
  if (!at) return undefined
  const file = at.replace(/:\d+:\d+$/, '').replace(/\?[^/]*$/, '')
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  return dirname(path.replace(/[\\/]node_modules[\\/]\.vite-temp[\\/]/, '/'))
}
