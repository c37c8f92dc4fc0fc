import { writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { messageOf } from '../contract/errors.ts'
import { enabledAreas } from '../debug/enabled-areas.ts'
import { compileCache, type RunFolders } from '../protocol/paths.ts'
import type { LaunchReport, RecoveryReport } from '../protocol/launch-report.ts'
import { createCachedProviderLoader } from '../recovery/cached-provider-loader.ts'
import { sweep } from '../recovery/sweep.ts'
import { realSystem } from '../recovery/system.ts'
import { describeCrash } from './describe-crash.ts'
import { startSingleInstance, type ProcessHooks } from './single-instance.ts'

// sysexits.h, EX_TEMPFAIL.
const EXIT_NOT_STARTED = 75
// sysexits.h, EX_SOFTWARE.
const EXIT_CRASHED = 70

const [mode, text] = process.argv.slice(2) as [string, string]
const folders = JSON.parse(text) as RunFolders
process.title = `moorage ${mode}`
// Meant for this process: services and seeds must not inherit it. One that the user has set stays.
if (process.env['NODE_COMPILE_CACHE'] === compileCache(folders)) delete process.env['NODE_COMPILE_CACHE']
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
// Ctrl-C in a terminal signals the whole process group. It is meant for the runner, whose connection then closes.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {})

// A rejection that no code handles arrives here too. The client quotes this line, and removes what is left.
process.on('uncaughtException', (error) => {
  log(`crashed: ${describeCrash(error)}`)
  process.exit(EXIT_CRASHED)
})

if (mode === 'recover') await recover()
else await supervise()

async function supervise(): Promise<void> {
  try {
    await openDebugLog()
    const supervisor = await startSingleInstance(folders, realSystem(), processHooks())
    if (!supervisor) return exitUnstarted({ status: 'in-use' })
    print({ status: 'ready' })
    process.on('SIGTERM', () => void supervisor.shutDown('SIGTERM'))
  } catch (error) {
    const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    exitUnstarted(inUse ? { status: 'in-use' } : { status: 'failed', reason: messageOf(error) })
  }
}

async function openDebugLog(): Promise<void> {
  const areas = enabledAreas(process.env)
  if (!areas) return
  const { startDebugFile } = await import('../debug/debug-file.ts')
  startDebugFile(folders.paths.log, { areas, role: 'supervisor' })
}

function processHooks(): ProcessHooks {
  return {
    listen: (path, onConnection) =>
      new Promise((resolve, reject) => {
        const server = createServer(onConnection).once('error', reject)
        server.listen(path, () => resolve(() => void server.close()))
      }),
    parentExit: new Promise((resolve) => {
      process.stdin
        .on('error', () => {})
        .on('end', resolve)
        .resume()
    }),
    log,
    exit: (code) => process.exit(code),
  }
}

/** Removes what a killed supervisor left, by its journal. */
async function recover(): Promise<void> {
  await openDebugLog()
  const system = realSystem()
  const load = createCachedProviderLoader(system, () => '/')
  const { reaped, failures } = await sweep(folders.runFolder, [], { system, load })
  print({ reaped: reaped.length, failures })
  process.exit(failures.length ? 1 : 0)
}

/** Writes to the file that is this process's stderr. */
function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${process.pid} ${line}\n`)
}

function exitUnstarted(report: LaunchReport): never {
  print(report)
  process.exit(EXIT_NOT_STARTED)
}

/** Prints the report on stdout, where the client that started this process reads it. */
function print(report: LaunchReport | RecoveryReport): void {
  try {
    writeSync(1, `${JSON.stringify(report)}\n`)
  } catch {
    // The client has exited.
  }
}
