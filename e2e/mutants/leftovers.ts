import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

// Where the process provider puts a service's folder when the service's user may not enter the temporary one.
const FOLDER = '/tmp'
// Milliseconds: younger ones may belong to a run that is just starting.
const AGE = 2_000

/**
 * What a mutant's services leave once their processes have been killed: new folders of runs that no process works in.
 */
export function collectLeftovers(): Disposable {
  const before = new Set(folders())
  return {
    [Symbol.dispose]() {
      const inUse = commands()
      const old = (path: string): boolean => Date.now() - statSync(path).mtimeMs > AGE
      for (const path of folders())
        if (!before.has(path) && !inUse.includes(path) && old(path)) rmSync(path, { recursive: true, force: true })
    },
  }
}

function folders(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.startsWith('moorage-dev-'))
    .map((name) => join(FOLDER, name))
}

function commands(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}
