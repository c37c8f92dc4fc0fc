import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const USAGE = `Usage: moorage COMMAND [OPTIONS]

  exec -- COMMAND [ARGS]         start the services, run COMMAND with their URLs in its environment, remove them
  up [--ttl 8h] [--json|--env]   start the services and leave them; later runs with the same config use them
  status [--json|--env]          what runs for this project, and for how long
  logs SERVICE [-n 50] [-f]      the last lines of a service, and with -f those to come
  down                           remove what 'up' has started, or a failure has left
  gc [--dry-run] [--json]        remove what dead runs have left, on every provider
  doctor                         which providers can be used here, and why not

Every command takes --config FILE; default: moorage.config.ts of this folder.
Exit code: of exec COMMAND's own, 130 or 143 when a signal ended it; 1 for a failure; 2 for a wrong call or config.
`

/** The command line from its sources, as a process of its own. */
function moorage(...args: string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const script = `import { main } from ${JSON.stringify(resolve('packages/cli/src/main.ts'))}
    process.exitCode = await main(process.argv.slice(1), { providers: [], host: { name: 'none', module: 'none:', options: {} } })`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test.each<[what: string, args: string[], stderr: string]>([
  ['an unknown command', ['start'], `moorage: There is no command 'start'.\n${USAGE}`],
  [
    'an unknown option',
    ['exec', '--provider', 'docker', '--', 'true'],
    `moorage: Unknown option '--provider'.\n${USAGE}`,
  ],
  [
    'an option without its value',
    ['exec', '--config', '--', 'true'],
    `moorage: Option '-c, --config <value>' argument missing.\n${USAGE}`,
  ],
  ['a command without the dashes', ['exec', 'npm', 'test'], `moorage: Unexpected argument 'npm'.\n${USAGE}`],
  ['no command', ['exec'], 'moorage: moorage exec: there is no command to run.\nWrite: moorage exec -- npm test\n'],
  [
    'nothing behind the dashes',
    ['exec', '--'],
    'moorage: moorage exec: there is no command to run.\nWrite: moorage exec -- npm test\n',
  ],
  [
    'a time without its unit',
    ['up', '--ttl', '90'],
    "moorage: moorage up: --ttl: '90' is not a time that services can stay.\nGive a number and its unit, as in 90s, 30m or 8h; 24h at most.\n",
  ],
  [
    'a time that is too long',
    ['up', '--ttl', '25h'],
    "moorage: moorage up: --ttl: '25h' is not a time that services can stay.\nGive a number and its unit, as in 90s, 30m or 8h; 24h at most.\n",
  ],
  [
    'two forms at once',
    ['status', '--json', '--env'],
    'moorage: moorage status: --json and --env exclude each other.\nLeave one of them out.\n',
  ],
  ['logs of nothing', ['logs'], 'moorage: moorage logs: which service?\nWrite: moorage logs db\n'],
  ['logs of two services', ['logs', 'a', 'b'], `moorage: Unexpected argument 'b'.\n${USAGE}`],
  [
    'lines that are no number',
    ['logs', 'a', '-n', 'many'],
    "moorage: moorage logs: -n: 'many' is not a number of lines.\nWrite: moorage logs db -n 100\n",
  ],
  [
    'a config that is not there',
    ['exec', '--config', '/nowhere/a.config.ts', '--', 'true'],
    'moorage: --config: there is no file /nowhere/a.config.ts.\nGive the path of a config, or leave it out for moorage.config.ts of this folder.\n',
  ],
])('%s: exit code 2', (_what, args, stderr) => {
  expect(moorage(...args)).toEqual({ status: 2, stdout: '', stderr })
})

test('without anything it shows how it is called, and that this was no call', () => {
  expect(moorage()).toEqual({ status: 2, stdout: USAGE, stderr: '' })
})

test.each(['--help', 'help', '-h'])('%s shows how it is called', (word) => {
  expect(moorage(word)).toEqual({ status: 0, stdout: USAGE, stderr: '' })
})
