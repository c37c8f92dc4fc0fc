import { rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepHouse, loader, type Folders } from './household.ts'
import { takeLock } from './lock.ts'
import { Supervisor } from './server.ts'
import { sweep } from './sweep.ts'

/** First line on stdout: whether this process is the supervisor of its place. */
export type Birth = 'up' | 'taken'

// Milliseconds without any client, for a birth whose parent lives but never comes.
const UNVISITED = 10_000

const [mode, text] = process.argv.slice(2) as [string, string]
const folders = JSON.parse(text) as Folders
process.title = `moorage ${mode}`
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
// A terminal's Ctrl-C is for the runner: only the last connection decides.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {})

if (mode === 'recover') await recover()
else supervise()

function supervise(): void {
  const { place } = folders
  const lock = process.platform === 'win32' ? { release: () => {} } : takeLock(place.lock)
  if (!lock) return exit('taken')
  // Ours to remove: we hold the lock.
  if (process.platform !== 'win32') rmSync(place.socket, { force: true })
  const server = createServer((socket) => supervisor.connect(socket))
  const supervisor = new Supervisor(
    keepHouse(folders, {
      shut(why) {
        log(`down: ${why}`)
        // The socket's file goes at once, and the next run may start while this one is still undoing.
        server.close()
        lock.release()
      },
      done(undone) {
        for (const { title, failure } of undone) if (failure !== undefined) log(`${title}: ${String(failure)}`)
        const clean = undone.every(({ failure }) => failure === undefined)
        if (clean) rmSync(place.log, { force: true })
        process.exit(clean ? 0 : 1)
      },
    }),
  )
  server.on('error', () => exit('taken'))
  server.listen(place.socket, () => say('up'))
  process.on('SIGTERM', () => void supervisor.down('SIGTERM'))
  const unvisited = (why: string): void => {
    if (!supervisor.visited) void supervisor.down(why)
  }
  // Birth cord: its end before the first connection means that whoever started us is gone.
  process.stdin.on('error', () => {}).on('end', () => setImmediate(unvisited, 'nobody came')).resume()
  void sleep(UNVISITED, undefined, { ref: false }).then(() => unvisited('nobody came in time'))
}

/** After a supervisor was killed: removes what it left, by its journal. */
async function recover(): Promise<void> {
  const { reaped, failures } = await sweep(folders.runFolder, [], { load: loader(() => '/'), signal: AbortSignal.timeout(60_000) })
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

function exit(birth: Birth): void {
  say(birth)
  process.exit(75)
}

function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${line}\n`)
}
