import { checkMachine, down, env, status, up } from './testbed.ts'
import { locked } from './lock.ts'
import { Unfit } from './machine.ts'
import { endCommands } from './shell.ts'

const usage = `usage: npm run testbed -- up|down|status|env

  up      brings the test bed up, or heals it; safe to repeat
  down    stops everything and leaves nothing but the cache
  status  shows what runs; exit code 1 when something does not
  env     prints the variables for a shell: eval "$(npm run -s testbed -- env)"`

const commands: Record<string, () => Promise<number>> = {
  up: async () => {
    checkMachine()
    await locked(up)
    printEnvironment()
    return 0
  },
  down: async () => {
    checkMachine()
    await locked(down)
    return 0
  },
  status: async () => {
    checkMachine()
    return (await status()) ? 0 : 1
  },
  env: async () => {
    printEnvironment()
    return 0
  },
}

function printEnvironment(): void {
  for (const [name, value] of Object.entries(env())) console.log(`export ${name}=${value}`)
}

// A second `up` heals what an interrupted one left; its half-done builds must not go on without it.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    endCommands()
    process.exit(code)
  })
}

const command = commands[process.argv[2] ?? '']
if (!command || process.argv.length > 3) {
  console.error(usage)
  process.exit(2)
}
try {
  process.exitCode = await command()
} catch (error) {
  console.error(`testbed: ${(error as Error).message}`)
  process.exitCode = error instanceof Unfit ? 2 : 1
}
