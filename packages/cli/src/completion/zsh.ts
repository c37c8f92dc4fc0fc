import type { Command } from '../command.ts'
import { argumentChoices, LIST_SERVICES, optionsOf, takesService } from './script-words.ts'

/** A completion script for zsh. */
export function zshCompletion(commands: readonly Command[]): string {
  return `#compdef moorage
# Completes moorage in zsh. To load it: source <(moorage completion zsh)
_moorage() {
  local -a candidates
  if (( CURRENT == 2 )); then
    candidates=(
${commands.map(({ name, summary }) => `      ${described(name, summary)}`).join('\n')}
    )
    _describe command candidates
    return
  fi
  case "$words[2] $words[CURRENT-1]" in
${commands.flatMap(optionValues).join('\n')}
  esac
  case "$words[2]" in
${commands.map(commandCase).join('\n')}
  esac
}
compdef _moorage moorage
`
}

function optionValues(command: Command): readonly string[] {
  return optionsOf(command)
    .filter(([, { value }]) => value)
    .map(([name, { short, choices }]) => {
      const patterns = [...(short ? [`-${short}`] : []), `--${name}`].map((option) => `'${command.name} ${option}'`)
      return `    ${patterns.join('|')}) ${choices ? `compadd -- ${choices.join(' ')}` : '_files'}; return ;;`
    })
}

function commandCase(command: Command): string {
  const options = optionsOf(command).map(([name, { summary }]) => described(`--${name}`, summary))
  const choices = argumentChoices(command)
  return [
    `    ${command.name})`,
    `      candidates=(${options.join(' ')})`,
    '      _describe option candidates',
    ...(choices.length ? [`      compadd -- ${choices.join(' ')}`] : []),
    ...(takesService(command) ? [`      compadd -- \${(f)"$(${LIST_SERVICES})"}`] : []),
    '      ;;',
  ].join('\n')
}

function described(word: string, text: string): string {
  return `'${`${word}:${text}`.replaceAll("'", String.raw`'\''`)}'`
}
