import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { isMoorageError, MoorageError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Seed } from '../contract/seed.ts'
import type { PlainConnection } from '../contract/service.ts'

interface SeedTask {
  readonly connection: PlainConnection
  readonly options: JsonObject
  readonly root: string
}

const [file = '', calls = 'seed'] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })
lines.once('close', () => process.exit(1))
lines.once('line', (line) => {
  void run(JSON.parse(line) as SeedTask).then(
    () => process.exit(0),
    (error: unknown) => {
      // A refusal of ours says all in its message.
      console.error(isMoorageError(error) ? error.message : error instanceof Error ? error.stack : error)
      process.exit(1)
    },
  )
})

async function run({ connection, options, root }: SeedTask): Promise<void> {
  const module = (await import(pathToFileURL(file).href)) as { [name: string]: Seed | undefined }
  const call = module[calls] ?? module['default']
  if (typeof call !== 'function')
    throw new MoorageError('SEED_FAILED', `${file} exports no function named ${calls}, and no default one.`)
  await call(connection, options, { root })
}
