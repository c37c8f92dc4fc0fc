import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { seedError } from './psql-error.ts'
import type { PsqlScript, ScriptCommand } from './psql-script.ts'

/** What a command of psql can do to the run of a script. */
export interface PsqlSession {
  /** The folder that `\i` and `\copy` start from. */
  readonly root: string
  /** The script that contains the command. */
  readonly file: string
  readonly script: PsqlScript
  /** Runs SQL text for the command and returns the cells of its rows. `copyData` replaces the data in the script. */
  execute(text: string, copyData?: Buffer): Promise<readonly { readonly [column: string]: string | null }[]>
  connect(database: string): Promise<void>
  runFile(file: string): Promise<void>
}

type Command = (session: PsqlSession, command: ScriptCommand, args: readonly string[]) => Promise<void> | void

const ignore: Command = () => {}
const send: Command = async (session, { text }) => void (await session.execute(text))
const print: Command = (_session, _command, args) => console.log(args.join(' '))
const includeFile: Command = async ({ root, runFile }, _command, [path = '']) => await runFile(resolve(root, path))
const includeRelative: Command = async ({ file, runFile }, _command, [path = '']) =>
  await runFile(resolve(dirname(file), path))
const stop: Command = ({ script }) => script.stop()

const connect: Command = async (session, { rest }, args) => {
  const target = args.find((arg) => !arg.startsWith('-')) ?? ''
  // pg_dump writes `\connect -reuse-previous=on "dbname='a b'"` for names that need quotes.
  const database = /^dbname='((?:[^'\\]|\\.)*)'$/.exec(target)?.[1]?.replace(/\\(.)/g, '$1') ?? target
  if (/^postgres(ql)?:|=/.test(database))
    throw seedError(`\\connect ${rest}: only the name of a database is supported.`)
  if (database !== '') await session.connect(database)
}

const set: Command = ({ script }, _command, [name = '', ...values]) => void script.variables.set(name, values.join(''))

const executeResult: Command = async (session, { text }) => {
  for (const row of await session.execute(text))
    for (const cell of Object.values(row)) if (cell !== null) await session.execute(cell)
}

const storeResult: Command = async (session, { text }, [prefix = '']) => {
  const [row = {}] = await session.execute(text)
  for (const [column, value] of Object.entries(row))
    if (value !== null) session.script.variables.set(prefix + column, value)
}

const copy: Command = async (session, { rest }) => {
  const [, target = '', source = '', options = ''] = /^(.*?)\s+from\s+('(?:[^']|'')*'|\S+)\s*(.*?);?$/i.exec(rest) ?? []
  if (target === '') throw seedError(`\\copy ${rest}: only \\copy … from a file or from stdin is supported.`)
  const path = source.replace(/^'(.*)'$/, '$1').replaceAll("''", "'")
  const data = /^p?stdin$/i.test(source) ? undefined : readFileSync(resolve(session.root, path))
  await session.execute(`COPY ${target} FROM STDIN ${options}`, data)
}

/** Display and settings of the terminal have no effect on data. */
const WITHOUT_EFFECT = 'restrict unrestrict . \\ a C conninfo errverbose f H pset r t T timing x'.split(' ')

const COMMANDS: { readonly [name: string]: Command } = {
  ...Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, ignore])),
  c: connect,
  connect,
  copy,
  echo: print,
  encoding: async (session, _command, [encoding = '']) =>
    void (await session.execute(`SET client_encoding = '${encoding.replaceAll("'", "''")}'`)),
  g: send,
  gexec: executeResult,
  gset: storeResult,
  gx: send,
  i: includeFile,
  include: includeFile,
  include_relative: includeRelative,
  ir: includeRelative,
  q: stop,
  qecho: print,
  quit: stop,
  set,
  unset: ({ script }, _command, [name = '']) => void script.variables.delete(name),
  warn: print,
}

/**
 * Runs a command that begins with a backslash. Throws `MoorageError` (SEED_FAILED) for one that a seed does not have.
 */
export async function runMetaCommand(session: PsqlSession, command: ScriptCommand): Promise<void> {
  const { meta = '', rest, line } = command
  const run = Object.hasOwn(COMMANDS, meta) ? COMMANDS[meta] : undefined
  if (!run)
    throw seedError(`${session.file}:${line}: moorage cannot run the psql command \\${meta}.`, {
      logs: [`Run psql from a seed.ts instead: execFileSync('psql', ['-v', 'ON_ERROR_STOP=1', '-f', file, url]).`],
    })
  await run(session, command, argumentsOf(rest, session.script.variables))
}

function argumentsOf(rest: string, variables: ReadonlyMap<string, string>): readonly string[] {
  return [...rest.matchAll(/'((?:[^'\\]|\\.|'')*)'|"((?:[^"]|"")*)"|\S+/g)].map(([whole, single, double]) => {
    if (single !== undefined) return single.replace(/''|\\(.)/g, (pair, escaped?: string) => escaped ?? pair.slice(1))
    if (double !== undefined) return double.replaceAll('""', '"')
    return (/^:[\w]+$/.test(whole) ? variables.get(whole.slice(1)) : undefined) ?? whole.replace(/;$/, '')
  })
}
