import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Spawned } from '../../test/inventory/world.ts'
import { until, type Stage } from './fixture.ts'
import type { Project } from './project.ts'

/**
 * Files of a project whose tests run in Vitest's watch mode: its test file is sees.test.ts, and appends a line to
 * `seen` per run.
 */
export const WATCH_CONFIG = {
  'vitest.config.ts': "import { moorage } from 'moorage/vitest'\nexport default { plugins: [moorage()] }\n",
}

export interface Watch {
  readonly child: Spawned
  /** Waits for the next run of the tests to end. Gives the line that it has written. */
  next(what: string): Promise<string>
  edit(path: string, change: (text: string) => string): void
  /** Runs the tests again without a change to them. */
  touch(): void
}

/** Vitest in watch mode, in a terminal. */
export async function startWatch(
  project: Project,
  { stage, version }: { readonly stage: Stage; readonly version: number },
): Promise<Watch> {
  const at = (path: string): string => join(project.folder, path)
  const edit = (path: string, change: (text: string) => string): void =>
    writeFileSync(at(path), change(readFileSync(at(path), 'utf8')))
  const lines = (): string[] => (existsSync(at('seen')) ? readFileSync(at('seen'), 'utf8').trim().split('\n') : [])
  symlinkSync(resolve(`e2e/fixtures/vitest-${version}/node_modules/vitest`), at('node_modules/vitest'))
  const child = await stage.start([process.execPath, at('node_modules/vitest/vitest.mjs'), '--watch'], {}, true)
  let count = 0
  return {
    child,
    async next(what) {
      // It waits again: a key during a run would only cancel that.
      await until(
        `${what}:\n${child.output()}`,
        () => lines().length > count && /(PASS|FAIL) +Waiting for file changes[^]{0,60}$/.test(child.output()),
        60_000,
      )
      count = lines().length
      return lines().at(-1) ?? ''
    },
    edit,
    touch: () => edit('sees.test.ts', (text) => `${text}\n`),
  }
}
