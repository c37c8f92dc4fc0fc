import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../packages/cli/src/commands.ts'
import { parseCommandLine } from '../../packages/cli/src/parse-command-line.ts'

const USAGE = `Usage: moorage <command> [options]

Options:
  -v, --version         print the version
  -h, --help            print this help, or that of a command

Commands:
  exec -- <command...>  start the services, run a command with their URLs,
                        remove the services
  up                    start the services and keep them for later runs with the
                        same config
  status                show this project's runs, and whether their services
                        answer
  logs <service>        print the last lines of a service's log
  down                  remove the services that 'up' started or that a failed
                        run kept
  gc                    remove what dead runs left behind, on every provider
  doctor                check the config, and which providers work on this
                        machine
  render                print what would run, as a compose file or docker
                        commands, without secrets

A config is searched for in the current folder and above it, up to the root of the workspace.
Exit codes: 0 on success, 1 on failure, 2 for a wrong command line or config. 'exec' returns the exit code
of its command, 127 if there is no such command, or 130 or 143 if Ctrl-C or SIGTERM ended it.
`

const HINT = `Commands: exec, up, status, logs, down, gc, doctor, render.
To see what they do: moorage --help
`

function hintOf(command: string, usage: string, example: string): string {
  return `Usage: moorage ${command} ${usage}\nExample: moorage ${example}\nTo see all options: moorage ${command} --help\n`
}

const EXEC_HINT = hintOf('exec', '[options] -- <command...>', 'exec -- npm test')
const LOGS_HINT = hintOf('logs', '[options] <service>', 'logs db -n 100 -f')

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
  ['an unknown command', ['start'], `moorage: Unknown command 'start'. Did you mean status?\n${HINT}`],
  [
    'an unknown option',
    ['exec', '--provider', 'docker', '--', 'true'],
    `moorage: Unknown option '--provider'.\n${EXEC_HINT}`,
  ],
  [
    'an option without its value',
    ['exec', '--config', '--', 'true'],
    `moorage: Option '-c, --config <file>' argument missing.\n${EXEC_HINT}`,
  ],
  ['a misspelt command', ['staus'], `moorage: Unknown command 'staus'. Did you mean status?\n${HINT}`],
  ['a command that every object has', ['toString'], `moorage: Unknown command 'toString'.\n${HINT}`],
  ['an option before the command', ['--json', 'up'], `moorage: Unknown option '--json'.\n${HINT}`],
  ['the help for an unknown command', ['help', 'nowhere'], `moorage: Unknown command 'nowhere'.\n${HINT}`],
  [
    'a misspelt option',
    ['gc', '--dryrun'],
    `moorage: Unknown option '--dryrun'. Did you mean --dry-run?\n${hintOf('gc', '[options]', 'gc --dry-run')}`,
  ],
  [
    'an argument of a command without arguments',
    ['down', 'db'],
    `moorage: Too many arguments for 'down'. Expected 0 arguments but got 1: db.\n${hintOf('down', '[options]', 'down')}`,
  ],
  [
    'a value that an option does not accept',
    ['render', '--to', 'helm'],
    `moorage: Option '--to <form>' argument 'helm' is invalid. Allowed choices are compose, docker.\n${hintOf('render', '[options]', 'render --to docker')}`,
  ],
  [
    'a word before --',
    ['exec', 'npm', '--', 'test'],
    "moorage: exec: 'npm' stands before --.\nWrite the whole command after --, as in: moorage exec -- npm test\n",
  ],
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
  ['logs without a service', ['logs'], `moorage: Missing required argument 'service'.\n${LOGS_HINT}`],
  [
    'logs of two services',
    ['logs', 'a', 'b'],
    `moorage: Too many arguments for 'logs'. Expected 1 argument but got 2: a, b.\n${LOGS_HINT}`,
  ],
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

test.each([
  ['exec', '--help'],
  ['exec', '-h'],
  ['help', 'exec'],
])('%s %s prints the usage of a command', (...args) => {
  expect(moorage(...args)).toEqual({
    status: 0,
    stdout: `Usage: moorage exec [options] -- <command...>

Starts the services, runs the command with their URLs in its environment, and
removes them. Signals and the exit code are passed on.

Arguments:
  command              the command and its arguments

Options:
  -c, --config <file>  the config (default: moorage.config.ts here or in a
                       folder above)
  -h, --help           print this help

Example:
  moorage exec -- npm test
      runs the tests with DB_URL and the other URLs
`,
    stderr: '',
  })
})

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  '%s has a help with an example that its own parser accepts',
  (name, { example: [commandLine, effect] }) => {
    const { status, stdout } = moorage(name, '--help')
    expect(status).toBe(0)
    expect(stdout).toContain(`Example:\n  ${commandLine}\n      ${effect}\n`)
    const [, words = ''] = /moorage ([^)|]+)/.exec(commandLine) ?? []
    expect(parseCommandLine(words.replaceAll('"', '').trim().split(/ +/), COMMANDS, '')?.command.name).toBe(name)
  },
)

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
