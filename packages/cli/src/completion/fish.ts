import type { Command } from '../command.ts'
import { argumentChoices, LIST_SERVICES, optionsOf, takesService } from './script-words.ts'

/** A completion script for fish. */
export function fishCompletion(commands: readonly Command[]): string {
  return [
    '# Completes moorage in fish. To load it: moorage completion fish | source',
    ...commands.flatMap(completionsOf),
    '',
  ].join('\n')
}

function completionsOf(command: Command): readonly string[] {
  const { name, summary, takesCommandLine } = command
  const within = `complete -c moorage -n '__fish_seen_subcommand_from ${name}'`
  const options = optionsOf(command).map(([option, { short, value, choices, summary: text }]) =>
    [
      within,
      ...(short ? [`-s ${short}`] : []),
      `-l ${option}`,
      ...(value ? ['-r'] : []),
      ...(choices ? [`-f -a ${quoted(choices.join(' '))}`] : []),
      `-d ${quoted(text)}`,
    ].join(' '),
  )
  const words = [...argumentChoices(command), ...(takesService(command) ? [`(${LIST_SERVICES})`] : [])]
  return [
    `complete -c moorage -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options,
    ...(takesCommandLine ? [] : [[within, '-f', ...(words.length ? [`-a ${quoted(words.join(' '))}`] : [])].join(' ')]),
  ]
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
