import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const STACK_DEPTH = 20

/** The caller of the function `below`, as `file:line:column`; undefined if the stack does not show it. */
export function callSite(below: (...args: never[]) => unknown): string | undefined {
  return framesAbove(below)[0]
}

/**
 * The first caller outside of the file that called `below`, as `file:line:column`. A preset calls `service()`, and the
 * user's file calls the preset. Only the order of the frames counts, because a project can have any path.
 */
export function callSiteOutside(below: (...args: never[]) => unknown): string | undefined {
  const [caller, ...others] = framesAbove(below)
  return others.find((frame) => fileOf(frame) !== (caller && fileOf(caller)))
}

/**
 * The folder of a call site. For a config that Vite bundled into node_modules/.vite-temp, the parent of node_modules.
 */
export function callFolder(at: string | undefined): string | undefined {
  if (!at) return undefined
  const file = fileOf(at).replace(/\?[^/]*$/, '')
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  return dirname(path.replace(/[\\/]node_modules[\\/]\.vite-temp[\\/]/, '/'))
}

function framesAbove(below: (...args: never[]) => unknown): readonly string[] {
  const limit = Error.stackTraceLimit
  const trace = { stack: '' }
  // A project may have set it to 0.
  Error.stackTraceLimit = STACK_DEPTH
  Error.captureStackTrace(trace, below)
  Error.stackTraceLimit = limit
  return trace.stack.split('\n').flatMap((line) => FRAME.exec(line)?.[1] ?? [])
}

// `at file:///a/b.ts:1:2` or `at name (/a (b)/c.ts:1:2)`: a path may contain spaces and brackets.
const FRAME = /^\s*at (?:async )?(?:.*? \()??((?:file:\/\/|\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/

function fileOf(frame: string): string {
  return frame.replace(/:\d+:\d+$/, '')
}
