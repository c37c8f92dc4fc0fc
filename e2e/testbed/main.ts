import { checkMachine, down, env, partNames, status, up } from './testbed.ts'
import { locked } from './lock.ts'
import { Unfit } from './machine.ts'
import { endCommands } from './shell.ts'

const usage = `usage: npm run testbed -- up [${partNames.join('|')}]|down|status|env

  up      brings the test bed up, or heals it; safe to repeat. With a part: that part and what it needs
  down    stops everything and leaves nothing but the cache
  status  shows what runs; exit code 1 when something does not
  env     prints the variables for a shell: eval "$(npm run -s testbed -- env)"`

const commands: Record<string, (last?: string) => Promise<number>> = {
  up: async (last) => {
    checkMachine()
    await locked(() => up(last))
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

const [name = '', last, ...rest] = process.argv.slice(2)
const command = commands[name]
if (!command || rest.length || (last !== undefined && (name !== 'up' || !partNames.includes(last)))) {
  console.error(usage)
  process.exit(2)
}
try {
  process.exitCode = await command(last)
} catch (error) {
  console.error(`testbed: ${(error as Error).message}`)
  process.exitCode = error instanceof Unfit ? 2 : 1
}
