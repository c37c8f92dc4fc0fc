import { spawn } from 'node:child_process'
import { MoorageError, type JsonObject, type PlainConnection } from '@moorage/core'
import { findProgram } from '../programs/find-program.ts'

// The URL contains the password, and every user of this machine can read the arguments of a process.
const URL_VARIABLE = 'MOORAGE_SEED_URL'

/**
 * Runs a mongosh script with the mongosh of this machine. `db` is the database of the URL. Throws `MoorageError`
 * (SEED_FAILED).
 */
export async function seed(
  connection: PlainConnection,
  options: JsonObject,
  { root }: { readonly root: string },
): Promise<void> {
  const [{ $file: file }] = options['files'] as unknown as readonly [{ readonly $file: string }]
  const mongosh = findProgram('mongosh')
  if (mongosh === undefined)
    throw new MoorageError('SEED_FAILED', `${file} is a mongosh script, and there is no mongosh on the PATH.`, {
      hint: 'Install mongosh on this machine, or write the seed as a module that exports seed(connection).',
    })
  const args = ['--nodb', '--quiet', '--norc', '--eval', `db = connect(process.env.${URL_VARIABLE})`, '--file', file]
  const child = spawn(mongosh, args, {
    cwd: root,
    env: { ...process.env, [URL_VARIABLE]: String(connection['url']) },
    // The last lines of its output become part of the error.
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const end = await new Promise<string>((resolve, reject) =>
    child.once('error', reject).once('close', (code, signal) => resolve(String(code ?? signal))),
  )
  if (end !== '0')
    throw new MoorageError('SEED_FAILED', `${file} failed: mongosh ended with ${end}.`, {
      hint: 'Correct the script. Its `db` is the database that tests get.',
    })
}
