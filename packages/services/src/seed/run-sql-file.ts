import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { messageOf } from '@moorage/core'
import { DatabaseError } from '../vendor/pg-protocol.ts'
import { PostgresClient, type SqlRow } from '../wire/postgres-client.ts'
import { runMetaCommand, type PsqlSession } from './psql-commands.ts'
import { seedError, statementError, type FailedStatement } from './psql-error.ts'
import { PsqlScript } from './psql-script.ts'

const GZIP_MAGIC = Buffer.of(0x1f, 0x8b)

/**
 * Runs an SQL script with its psql commands, one statement at a time, and stops at the first error. Throws
 * `MoorageError` (SEED_FAILED) with file, line and statement.
 */
export async function runSqlFile(
  file: string,
  { url, root }: { readonly url: string; readonly root: string },
): Promise<void> {
  await using run = new SqlRun(await PostgresClient.open(url), { url, root })
  await run.runFile(file)
}

/** One run of a script and of the files that it includes. They share the session and the variables. */
class SqlRun implements AsyncDisposable {
  #client: PostgresClient
  readonly #url: string
  readonly #root: string
  readonly #variables = new Map<string, string>()

  constructor(client: PostgresClient, { url, root }: { readonly url: string; readonly root: string }) {
    this.#client = client
    this.#url = url
    this.#root = root
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }

  async runFile(file: string): Promise<void> {
    const script = new PsqlScript(readScript(file), this.#variables)
    script.standardStrings = this.#client.standardStrings
    for (let command = script.next(); command; command = script.next()) {
      const { text, line } = command
      const at = { file, line }
      if (command.meta === undefined) await this.#execute(script, { ...at, text })
      else {
        const session: PsqlSession = {
          root: this.#root,
          file,
          script,
          execute: async (sql, copyData) => await this.#execute(script, { ...at, text: sql }, copyData),
          connect: async (database) => await this.#connect(database),
          runFile: async (included) => await this.runFile(included),
        }
        await runMetaCommand(session, command)
      }
      script.standardStrings = this.#client.standardStrings
    }
  }

  async #execute(script: PsqlScript, statement: FailedStatement, data?: Buffer): Promise<readonly SqlRow[]> {
    let copyLine: number | undefined
    const copyData = (): Buffer => {
      if (data) return data
      const inline = script.copyData()
      copyLine = inline.line
      return Buffer.from(inline.data, 'latin1')
    }
    const bytes = Buffer.from(statement.text, 'latin1')
    try {
      return await this.#client.query(bytes, copyData)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      throw statementError(error, { ...statement, text: bytes.toString('utf8'), copyLine })
    }
  }

  async #connect(database: string): Promise<void> {
    const url = new URL(this.#url)
    url.pathname = `/${encodeURIComponent(Buffer.from(database, 'latin1').toString('utf8'))}`
    const client = await PostgresClient.open(url.href)
    await this.#client[Symbol.asyncDispose]()
    this.#client = client
  }
}

/** The bytes of a script as a latin1 string. */
function readScript(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
    if (bytes.subarray(0, 2).equals(GZIP_MAGIC)) bytes = gunzipSync(bytes)
  } catch (error) {
    throw seedError(`${file} cannot be read: ${messageOf(error)}.`)
  }
  if (/^(\xFF\xFE|\xFE\xFF)/.test(bytes.toString('latin1', 0, 2)))
    throw seedError(`${file} is encoded in UTF-16, which PostgreSQL does not read. Save it as UTF-8.`)
  if (bytes.toString('latin1', 0, 5) === 'PGDMP')
    throw seedError(`${file} is a custom-format dump. Convert it: pg_restore -f seed.sql ${file}.`)
  return bytes.toString('latin1')
}
