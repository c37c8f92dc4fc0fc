import { expect, test } from 'vitest'
import type { Command } from '../../../packages/cli/src/command.ts'
import { COMMANDS } from '../../../packages/cli/src/commands.ts'
import { fishCompletion } from '../../../packages/cli/src/completion/fish.ts'
import { zshCompletion } from '../../../packages/cli/src/completion/zsh.ts'

const sample: Command = {
  name: 'greet',
  summary: "print a service's greeting",
  description: '',
  args: [
    { name: 'service', summary: '', completes: 'services' },
    { name: 'tone', summary: '', choices: ['kind', 'curt'] },
  ],
  options: { in: { short: 'i', value: 'language', choices: ['en', 'fr'], summary: "the greeting's language" } },
  example: ['moorage greet db', ''],
  load: () => Promise.reject(new RangeError('not run')),
}

test('zsh: a case for the values, the options and the arguments', () => {
  expect(zshCompletion([sample])).toBe(`#compdef moorage
# Completes moorage in zsh. To load it: source <(moorage completion zsh)
_moorage() {
  local -a candidates
  if (( CURRENT == 2 )); then
    candidates=(
      'greet:print a service'\\''s greeting'
    )
    _describe command candidates
    return
  fi
  case "$words[2] $words[CURRENT-1]" in
    'greet -i'|'greet --in') compadd -- en fr; return ;;
    'greet -c'|'greet --config') _files; return ;;
  esac
  case "$words[2]" in
    greet)
      candidates=('--in:the greeting'\\''s language' '--config:the config (default: moorage.config.ts here or in a folder above)' '--help:print the help')
      _describe option candidates
      compadd -- kind curt
      compadd -- \${(f)"$(moorage ls --services 2>/dev/null)"}
      ;;
  esac
}
compdef _moorage moorage
`)
})

test('fish: a line for each command, option and argument', () => {
  expect(fishCompletion([sample])).toBe(`# Completes moorage in fish. To load it: moorage completion fish | source
complete -c moorage -f -n __fish_use_subcommand -a greet -d 'print a service\\'s greeting'
complete -c moorage -n '__fish_seen_subcommand_from greet' -s i -l in -r -f -a 'en fr' -d 'the greeting\\'s language'
complete -c moorage -n '__fish_seen_subcommand_from greet' -s c -l config -r -d 'the config (default: moorage.config.ts here or in a folder above)'
complete -c moorage -n '__fish_seen_subcommand_from greet' -s h -l help -d 'print the help'
complete -c moorage -n '__fish_seen_subcommand_from greet' -f -a 'kind curt (moorage ls --services 2>/dev/null)'
`)
})

test.each([zshCompletion, fishCompletion])('%o names every command', (script) => {
  for (const { name } of COMMANDS) expect(script(COMMANDS)).toContain(name)
})
