import type { Command } from '../command.ts'
import { argumentChoices, LIST_SERVICES, optionsOf, takesService } from './script-words.ts'

/** A completion script for bash. */
export function bashCompletion(commands: readonly Command[]): string {
  return `# Completes moorage in bash. To load it: source <(moorage completion bash)
_moorage() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${commands.map(({ name }) => name).join(' ')} --help --version'
  else
    case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${commands.flatMap(optionValues).join('\n')}
      *)
        case "\${COMP_WORDS[1]}" in
${commands.map((command) => `          ${command.name}) words="${candidates(command)}" ;;`).join('\n')}
        esac ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _moorage moorage
`
}

/** The values after an option: none where it accepts any, so that bash completes files. */
function optionValues(command: Command): readonly string[] {
  return optionsOf(command)
    .filter(([, { value }]) => value)
    .map(([name, { short, choices = [] }]) => {
      const patterns = [...(short ? [`-${short}`] : []), `--${name}`].map((option) => `'${command.name} ${option}'`)
      return `      ${patterns.join('|')}) words='${choices.join(' ')}' ;;`
    })
}

function candidates(command: Command): string {
  const options = optionsOf(command).map(([name]) => `--${name}`)
  const services = takesService(command) ? [`$(${LIST_SERVICES})`] : []
  return [...options, ...argumentChoices(command), ...services].join(' ')
}
