import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The first stack frame outside of moorage above the function `below`, as `file:line:column`. */
export function callSite(below: (...args: never[]) => unknown): string | undefined {
  const trace = { stack: '' }
  Error.captureStackTrace(trace, below)
  const frame = trace.stack
    .split('\n')
    .slice(1)
    .find((line) => !/[\\/](moorage|@moorage|packages[\\/](core|services|moorage))[\\/](dist|src)[\\/]/.test(line))
  return frame?.match(/\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?:\d+:\d+)\)?$/)?.[1]
}

/** The folder of a call site. Vite bundles a config into node_modules/.vite-temp; its folder is then the one of node_modules. */
export function callFolder(at: string | undefined): string | undefined {
  if (!at) return undefined
  const file = at.replace(/:\d+:\d+$/, '').replace(/\?[^/]*$/, '')
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  return dirname(path.replace(/[\\/]node_modules[\\/]\.vite-temp[\\/]/, '/'))
}
