import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { isMoorageError, MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Seed } from '../contract/seed.ts'
import type { PlainConnection } from '../contract/service.ts'

/** The one line of standard input. */
interface SeedTask {
  readonly connection: PlainConnection
  readonly options: JsonObject
  readonly root: string
}

const [file = '', functionName = 'seed'] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })
// The supervisor is gone.
lines.once('close', () => process.exit(1))
lines.once('line', (line) => {
  void run(JSON.parse(line) as SeedTask).then(
    () => process.exit(0),
    (error: unknown) => {
      // The message of a MoorageError is complete without its stack.
      console.error(isMoorageError(error) ? error.message : error instanceof Error ? error.stack : error)
      process.exit(1)
    },
  )
})

async function run({ connection, options, root }: SeedTask): Promise<void> {
  const module = (await import(pathToFileURL(file).href)) as { [name: string]: Seed | undefined }
  const exported = module[functionName] ?? module['default']
  if (typeof exported !== 'function')
    throw new MoorageError('SEED_FAILED', `${file} exports no function named ${functionName}, and none as its default.`)
  await exported(connection, options, { root })
}
