import { writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { messageOf } from '../contract/errors.ts'
import { providerLoader, type RunFolders } from './supervisor-context.ts'
import { realSystem } from '../recovery/system.ts'
import { superviseAlone, type ProcessHooks } from './single-instance.ts'
import { sweep } from '../recovery/sweep.ts'

const [mode, text] = process.argv.slice(2) as [string, string]
const folders = JSON.parse(text) as RunFolders
process.title = `moorage ${mode}`
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
// A terminal's Ctrl-C is for the runner: only the last connection decides.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {})

if (mode === 'recover') await recover()
else await supervise()

/** The first line on stdout says whether this process is the supervisor of its place: `up`, `taken`, or why it failed. */
async function supervise(): Promise<void> {
  try {
    const supervisor = await superviseAlone(folders, realSystem(), bodyOf())
    if (!supervisor) return exit('taken')
    say('up')
    process.on('SIGTERM', () => void supervisor.down('SIGTERM'))
  } catch (error) {
    exit((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'taken' : `failed ${messageOf(error)}`)
  }
}

function bodyOf(): ProcessHooks {
  return {
    listen: (path, visit) =>
      new Promise((done, fail) => {
        const server = createServer(visit).once('error', fail)
        server.listen(path, () => done(() => void server.close()))
      }),
    parentExit: new Promise((done) => {
      process.stdin
        .on('error', () => {})
        .on('end', done)
        .resume()
    }),
    log: (line) => void process.stderr.write(`${new Date().toISOString()} ${process.pid} ${line}\n`),
    end: (code) => process.exit(code),
  }
}

/** After a supervisor was killed: removes what it left, by its journal. */
async function recover(): Promise<void> {
  const machine = realSystem()
  const { reaped, failures } = await sweep(folders.runFolder, [], { machine, load: providerLoader(machine, () => '/') })
  say(JSON.stringify({ reaped: reaped.length, failures }))
  process.exit(failures.length ? 1 : 0)
}

function say(line: string): void {
  try {
    writeSync(1, `${line}\n`)
  } catch {
    // Whoever asked is gone.
  }
}

function exit(status: string): void {
  say(status)
  process.exit(75)
}
