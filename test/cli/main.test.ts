import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const NOTES = `Every command accepts --config FILE and --help. Default: moorage.config.ts in the current folder or above it,
up to the root of the workspace. 'moorage --version' prints the version.
Exit codes: 0 on success, 1 on failure, 2 for a wrong command line or config. 'exec' returns the exit code
of COMMAND, 127 if there is no such command, or 130 or 143 if Ctrl-C or SIGTERM ended it.`

const USAGE = `Usage: moorage COMMAND [OPTIONS]

  exec -- COMMAND [ARGS]         start the services, run COMMAND with their URLs in its environment, remove them
  up [--ttl 8h] [--json|--env]   start the services and keep them for later runs with the same config
  status [--why] [--json|--env]  show this project's runs, and with --why whether a test run would join them
  logs SERVICE [-n 50] [-f]      print the last lines of a service's log; -f prints new lines as they arrive
  down                           remove the services that 'up' started or that a failed run kept
  gc [--dry-run] [--json]        remove what dead runs left behind, on every provider
  doctor                         check the config, and which providers work on this machine
  render [--to compose|docker]   print what would run, as a compose file or docker commands, without secrets

${NOTES}
`

/** Runs the command line from its sources in a separate process. */
function moorage(...args: string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const script = `import { main } from ${JSON.stringify(resolve('packages/cli/src/main.ts'))}
    process.exitCode = await main(process.argv.slice(1), { providers: [], host: { name: 'none', module: 'none:', options: {} } }, '1.2.3')`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test.each<[what: string, args: string[], stderr: string]>([
  ['an unknown command', ['start'], `moorage: Unknown command 'start'.\n${USAGE}`],
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
  ['a misspelt command', ['staus'], `moorage: Unknown command 'staus'. Did you mean 'status'?\n${USAGE}`],
  ['a command that every object has', ['toString'], `moorage: Unknown command 'toString'.\n${USAGE}`],
  [
    'a command without --',
    ['exec', 'pytest', '-q'],
    'moorage: exec: write the command after --.\nDid you mean: moorage exec -- pytest -q\n',
  ],
  [
    'a command without --, after an option',
    ['exec', '--config', 'a.ts', 'npm', 'test'],
    'moorage: exec: write the command after --.\nDid you mean: moorage exec --config a.ts -- npm test\n',
  ],
  ['no command', ['exec'], 'moorage: exec: no command given.\nExample: moorage exec -- npm test\n'],
  ['nothing after --', ['exec', '--'], 'moorage: exec: no command given.\nExample: moorage exec -- npm test\n'],
  [
    'a duration without a unit',
    ['up', '--ttl', '90'],
    "moorage: up: --ttl: '90' is not a valid time to keep services.\nGive a number and its unit, as in 90s, 30m or 8h; 24h at most.\n",
  ],
  [
    'a duration above the limit',
    ['up', '--ttl', '25h'],
    "moorage: up: --ttl: '25h' is not a valid time to keep services.\nGive a number and its unit, as in 90s, 30m or 8h; 24h at most.\n",
  ],
  [
    'two output formats at once',
    ['status', '--json', '--env'],
    'moorage: status: --json and --env cannot be combined.\nOmit one of them.\n',
  ],
  ['logs without a service', ['logs'], 'moorage: logs: no service given.\nExample: moorage logs db\n'],
  ['logs of two services', ['logs', 'a', 'b'], `moorage: Unexpected argument 'b'.\n${USAGE}`],
  [
    'a line count that is not a number',
    ['logs', 'a', '-n', 'many'],
    "moorage: logs: -n: 'many' is not a number of lines.\nExample: moorage logs db -n 100\n",
  ],
  [
    'a config that does not exist',
    ['exec', '--config', '/nowhere/a.config.ts', '--', 'true'],
    'moorage: --config: the file /nowhere/a.config.ts does not exist.\nGive the path of a config, or omit --config to use moorage.config.ts in the current folder or above it.\n',
  ],
])('%s: exit code 2', (_what, args, stderr) => {
  expect(moorage(...args)).toEqual({ status: 2, stdout: '', stderr })
})

test('without arguments it prints the usage and exits with 2', () => {
  expect(moorage()).toEqual({ status: 2, stdout: USAGE, stderr: '' })
})

test.each(['--help', 'help', '-h'])('%s prints the usage', (word) => {
  expect(moorage(word)).toEqual({ status: 0, stdout: USAGE, stderr: '' })
})

test.each(['--version', '-v'])('%s prints the version', (word) => {
  expect(moorage(word)).toEqual({ status: 0, stdout: '1.2.3\n', stderr: '' })
})

test.each(['--help', '-h'])('a command with %s prints its usage', (word) => {
  const stdout = `Usage: moorage exec -- COMMAND [ARGS]\n\n  start the services, run COMMAND with their URLs in its environment, remove them\n\n${NOTES}\n`
  expect(moorage('exec', word)).toEqual({ status: 0, stdout, stderr: '' })
})

test('exec of a program that does not exist: exit code 127, before the config is read', () => {
  expect(moorage('exec', '--', 'pytestt', '--help')).toEqual({
    status: 127,
    stdout: '',
    stderr:
      "moorage: exec: found no 'pytestt' on the PATH, so nothing was started. npx puts the project's programs on it: npx moorage exec -- pytestt\n",
  })
  expect(moorage('exec', '--', './nowhere/x')).toEqual({
    status: 127,
    stdout: '',
    stderr: 'moorage: exec: ./nowhere/x does not exist, so nothing was started.\n',
  })
})

test('exec of a file that is not executable: exit code 126', () => {
  expect(moorage('exec', '--', './README.md')).toEqual({
    status: 126,
    stdout: '',
    stderr: 'moorage: exec: ./README.md is not executable, so nothing was started. Run: chmod +x ./README.md\n',
  })
})
