import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const USAGE = `Usage: moorage exec [--config FILE] -- COMMAND [ARGS]

  exec   start the services of moorage.config.ts, run COMMAND with their URLs in its environment, remove them

Exit code: COMMAND's own; 130 or 143 when a signal ended it; 1 when services failed to start; 2 for a wrong call.
`

/** The command line from its sources, as a process of its own. */
function moorage(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const script = `import { main } from ${JSON.stringify(resolve('packages/cli/src/main.ts'))}
    process.exitCode = await main(process.argv.slice(1), () => { throw new RangeError('nothing may start') })`
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test.each<[what: string, args: string[], stderr: string]>([
  ['an unknown command', ['up'], `moorage: There is no command 'up'.\n${USAGE}`],
  ['an unknown option', ['exec', '--provider', 'docker', '--', 'true'], `moorage: Unknown option '--provider'.\n${USAGE}`],
  ['an option without its value', ['exec', '--config', '--', 'true'], `moorage: Option '-c, --config <value>' argument missing.\n${USAGE}`],
  ['a command without the dashes', ['exec', 'npm', 'test'], `moorage: Unexpected argument 'npm'.\n${USAGE}`],
  ['no command', ['exec'], 'moorage: moorage exec: there is no command to run.\nWrite: moorage exec -- npm test\n'],
  ['nothing behind the dashes', ['exec', '--'], 'moorage: moorage exec: there is no command to run.\nWrite: moorage exec -- npm test\n'],
  ['a config that is not there', ['exec', '--config', '/nowhere/a.config.ts', '--', 'true'],
    'moorage: --config: there is no file /nowhere/a.config.ts.\nGive the path of a config, or leave it out for moorage.config.ts of this folder.\n'],
])('%s: exit code 2', (_what, args, stderr) => {
  expect(moorage(...args)).toEqual({ status: 2, stdout: '', stderr })
})

test('without anything it shows how it is called, and that this was no call', () => {
  expect(moorage()).toEqual({ status: 2, stdout: USAGE, stderr: '' })
})

test.each(['--help', 'help', '-h'])('%s shows how it is called', (word) => {
  expect(moorage(word)).toEqual({ status: 0, stdout: USAGE, stderr: '' })
})
