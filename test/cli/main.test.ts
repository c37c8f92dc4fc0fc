import { expect, test, vi } from 'vitest'
import { COMMANDS } from '../../packages/cli/src/commands.ts'
import { main } from '../../packages/cli/src/main.ts'
import { parseCommandLine } from '../../packages/cli/src/parse-command-line.ts'

const HINT = `Commands: ${COMMANDS.map(({ name }) => name).join(', ')}.
To see what they do: moorage --help
`

function hintOf(command: string, usage: string, example: string): string {
  return `Usage: moorage ${command} ${usage}\nExample: moorage ${example}\nTo see all options: moorage ${command} --help\n`
}

const EXEC_HINT = hintOf('exec', '[options] -- <command...>', 'exec -- npm test')
const LOGS_HINT = hintOf('logs', '[options] [service]', 'logs db -n 100 -f')

interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process. */
async function moorage(...args: string[]): Promise<Said> {
  const said = { stdout: '', stderr: '' }
  const catching = (name: keyof typeof said) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text)
      return true
    })
  const spies = [catching('stdout'), catching('stderr')]
  try {
    const installation = { providers: [], host: { name: 'none', module: 'none:', options: {} } }
    return { status: await main(args, installation, '1.2.3'), ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

test.each<[what: string, args: string[], stderr: string]>([
  ['an unknown command', ['start'], `moorage: Unknown command 'start'. Did you mean restart?\n${HINT}`],
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
    `moorage: Option '--to <form>' argument 'helm' is invalid. Allowed choices are compose, docker, kubernetes.\n${hintOf('render', '[options]', 'render --to kubernetes')}`,
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
  [
    'logs without a service',
    ['logs'],
    'moorage: logs: no service given.\nExamples: moorage logs db, moorage logs --all\n',
  ],
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
    'moorage: --config: the file /nowhere/a.config.ts does not exist.\nGive the path of a config, or omit --config to use moorage.config.ts in the current folder or above it.\nMore: moorage explain CONFIG_NOT_FOUND\n',
  ],
])('%s: exit code 2', async (_what, args, stderr) => {
  expect(await moorage(...args)).toEqual({ status: 2, stdout: '', stderr })
})

test('without arguments it prints the usage and exits with 2', async () => {
  const { status, stdout, stderr } = await moorage()
  expect({ status, stderr }).toEqual({ status: 2, stderr: '' })
  await expect(stdout).toMatchFileSnapshot('help/moorage.txt')
})

test.each(['--help', 'help', '-h'])('%s prints the usage', async (word) => {
  const { status, stdout, stderr } = await moorage(word)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  await expect(stdout).toMatchFileSnapshot('help/moorage.txt')
})

test.each(['--version', '-v'])('%s prints the version', async (word) => {
  expect(await moorage(word)).toEqual({ status: 0, stdout: '1.2.3\n', stderr: '' })
})

test.each([
  ['exec', '--help'],
  ['exec', '-h'],
  ['help', 'exec'],
])('%s %s prints the usage of a command', async (...args) => {
  const { status, stdout, stderr } = await moorage(...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  await expect(stdout).toMatchFileSnapshot('help/exec.txt')
})

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  '%s has a help with an example that the parser accepts',
  async (name, { example: [commandLine, effect] }) => {
    const { status, stdout } = await moorage(name, '--help')
    expect(status).toBe(0)
    await expect(stdout).toMatchFileSnapshot(`help/${name}.txt`)
    expect(stdout).toContain(`Example:\n  ${commandLine}\n      ${effect}\n`)
    const [, words = ''] = /moorage ([^)|]+)/.exec(commandLine) ?? []
    expect(parseCommandLine(words.replaceAll('"', '').trim().split(/ +/), COMMANDS, '')?.command.name).toBe(name)
  },
)

test('exec of a program that does not exist: exit code 127, before the config is read', async () => {
  expect(await moorage('exec', '--', 'pytestt', '--help')).toEqual({
    status: 127,
    stdout: '',
    stderr:
      "moorage: exec: found no 'pytestt' on the PATH, so nothing was started. npx puts the project's programs on it: npx moorage exec -- pytestt\n",
  })
  expect(await moorage('exec', '--', './nowhere/x')).toEqual({
    status: 127,
    stdout: '',
    stderr: 'moorage: exec: ./nowhere/x does not exist, so nothing was started.\n',
  })
})

test('exec of a file that is not executable: exit code 126', async () => {
  expect(await moorage('exec', '--', './README.md')).toEqual({
    status: 126,
    stdout: '',
    stderr: 'moorage: exec: ./README.md is not executable, so nothing was started. Run: chmod +x ./README.md\n',
  })
})
