import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isMoorageError, messageWithoutHint, MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Seed } from '../contract/seed.ts'
import { importProjectModule } from '../provider-kit/import-project-module.ts'
import type { PlainConnection } from '../contract/service.ts'

/** The one line of standard input. */
interface SeedTask {
  readonly connection: PlainConnection
  readonly options: JsonObject
  readonly root: string
}

/** The pipe that the supervisor reads the result from. */
const RESULT_DESCRIPTOR = 4

const [file = '', functionName = 'seed'] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })
// The supervisor is gone.
lines.once('close', () => process.exit(1))
lines.once('line', (line) => {
  void run(JSON.parse(line) as SeedTask).then(() => report({ done: true }, 0), fail)
})

function fail(error: unknown): void {
  if (isMoorageError(error)) {
    // The message is complete without its stack.
    for (const text of error.details.logs ?? []) console.error(text)
    return report({ message: messageWithoutHint(error), hint: error.hint }, 1)
  }
  console.error(error instanceof Error ? ownStack(error) : error)
  report({}, 1)
}

/** The stack with the frames of the user's files only. */
function ownStack({ stack = '' }: Error): string {
  const lines = stack.split('\n')
  const own = lines.filter(
    (text) => !/^\s+at .*(\(|\s)(node:|file:.*\/node_modules\/|\/.*\/node_modules\/)|\/seed-main\./.test(text),
  )
  // tsx adds a query to the URL of a module.
  return own.join('\n').replaceAll(/\?(tsx-)?namespace=\d+/g, '')
}

function report(result: object, exitCode: number): void {
  writeSync(RESULT_DESCRIPTOR, JSON.stringify(result))
  process.exit(exitCode)
}

async function run({ connection, options, root }: SeedTask): Promise<void> {
  const module = await importProjectModule<{ [name: string]: Seed | undefined }>(file, root)
  const exported = module[functionName] ?? module['default']
  if (typeof exported !== 'function')
    throw new MoorageError('SEED_FAILED', `${file} exports no function named ${functionName}, and none as its default.`)
  await exported(connection, options, { root })
}
