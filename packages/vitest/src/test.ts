import { expect, test as base, type TestAPI } from 'vitest'
import { acquireSlot, serviceNames, type IsolatedFixtures } from '@moorage/core/isolated'

export { expect }

// Vitest's own context; a service of such a name is reached by services().
const TAKEN = ['annotate', 'bench', 'expect', 'onTestFailed', 'onTestFinished', 'signal', 'skip', 'task'] as const

export type ServiceFixtures = IsolatedFixtures<(typeof TAKEN)[number]>

interface Context {
  readonly task: { readonly file: { readonly filepath: string } }
}

type Fixture = (context: Context, use: (connection: unknown) => Promise<void>) => Promise<void>

/** Vitest's `test` with a fixture for each service: its connection, with a database of the test's own where it says `isolate`. */
export const test: TestAPI<ServiceFixtures> = base.extend(fixtures() as object) as unknown as TestAPI<ServiceFixtures>

function fixtures(): { readonly [name: string]: Fixture } {
  const names = serviceNames(process.cwd()).filter((name) => !TAKEN.some((taken) => taken === name))
  return Object.fromEntries(names.map((name) => [name, fixtureOf(name)]))
}

function fixtureOf(name: string): Fixture {
  return async ({ task }, use) => {
    const { connection, release } = await acquireSlot(name, { file: task.file.filepath, own: true })
    await use(connection)
    release()
  }
}
