import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { argumentTerm, type Command, type OptionDefinition } from '../../packages/cli/src/command.ts'
import { COMMANDS } from '../../packages/cli/src/commands.ts'

const page = readFileSync('docs/cli.md', 'utf8')

function pageWithTable(commands: readonly Command[]): string {
  return page.replace(/^\| Command \|[^]*?\n(?!\|)/m, () => commandTable(commands))
}

// `--update` writes it.
test('docs/cli.md has the table of the commands', async () => {
  await expect(pageWithTable(COMMANDS)).toMatchFileSnapshot('../../docs/cli.md')
})

test('and the check can fail: a command without a row', () => {
  expect(pageWithTable(COMMANDS.slice(1))).not.toBe(page)
})

/** The table of docs/cli.md. */
function commandTable(commands: readonly Command[]): string {
  const rows = commands.map((command) => `| \`${fullSynopsis(command)}\` | ${command.description} |`)
  return ['| Command | What it does |', '|---|---|', ...rows, ''].join('\n')
}

/** `logs [-n <count>] [-f] <service>`, with `\|` for a table. */
function fullSynopsis({ name, args = [], options = {}, takesCommandLine }: Command): string {
  return [
    name,
    ...Object.entries(options).map(optionTerm),
    ...(takesCommandLine ? ['--'] : []),
    ...args.map(argumentTerm),
  ].join(' ')
}

function optionTerm([name, { short, value, choices }]: [string, OptionDefinition]): string {
  const placeholder = choices ? choices.join('\\|') : value && `<${value}>`
  return `[${[short ? `-${short}` : `--${name}`, placeholder].filter(Boolean).join(' ')}]`
}
