import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../packages/cli/src/commands.ts'
import { bashCompletion } from '../../../packages/cli/src/completion/bash.ts'

/** What bash offers after these words. */
function complete(...words: string[]): readonly string[] {
  const script = `moorage() { [ "$*" = 'ls --services' ] && printf '%s\\n' db web; }
    ${bashCompletion(COMMANDS)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _moorage; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = spawnSync('bash', ['-c', script, 'bash', 'moorage', ...words], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean)
}

test.each<[words: string[], offered: string[]]>([
  [['lo'], ['logs']],
  [[''], [...COMMANDS.map(({ name }) => name), '--help', '--version']],
  [['status', '--w'], ['--why']],
  [['logs', 'd'], ['db']],
  [
    ['open', ''],
    ['--config', '--help', 'db', 'web'],
  ],
  [
    ['render', '--to', ''],
    ['compose', 'docker', 'kubernetes'],
  ],
  [['completion', 'f'], ['fish']],
  [['logs', '-n', ''], []],
  [['nowhere', ''], []],
])('moorage %j', (words, offered) => {
  expect(complete(...words)).toEqual(offered)
})
