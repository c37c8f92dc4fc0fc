import { expect, test as base, type TestAPI } from 'vitest'
import { acquireSlot, serviceNames, type IsolatedFixtures } from '@moorage/core/isolated'

export { expect }

// The fixtures of Vitest itself. Tests reach a service of such a name through services().
const RESERVED_NAMES = [
  'annotate',
  'bench',
  'expect',
  'onTestFailed',
  'onTestFinished',
  'signal',
  'skip',
  'task',
] as const

/** A fixture for each service of the registered config. */
export type ServiceFixtures = IsolatedFixtures<(typeof RESERVED_NAMES)[number]>

interface Context {
  readonly task: { readonly name: string; readonly file: { readonly filepath: string } }
}

type Fixture = (context: Context, use: (connection: unknown) => Promise<void>) => Promise<void>

/**
 * Vitest's `test` with a fixture for each service: its connection, with a database of the test's own if the service
 * sets `isolate`. A test throws `MoorageError` (USAGE) if no services run, and (ISOLATION_FAILED) if a database cannot
 * be created.
 */
export const test: TestAPI<ServiceFixtures> = base.extend(
  createFixtures() as object,
) as unknown as TestAPI<ServiceFixtures>

function createFixtures(): { readonly [name: string]: Fixture } {
  const names = serviceNames(process.cwd()).filter((name) => !RESERVED_NAMES.some((reserved) => reserved === name))
  return Object.fromEntries(names.map((name) => [name, createFixture(name)]))
}

function createFixture(name: string): Fixture {
  return async ({ task }, use) => {
    const file = task.file.filepath
    const user = `the test '${task.name}' in ${file}`
    const { connection, release } = await acquireSlot(name, { file, user, concurrent: true })
    await use(connection)
    release()
  }
}
