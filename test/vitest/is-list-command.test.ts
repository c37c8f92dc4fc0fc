import { expect, test } from 'vitest'
import { isListCommand } from '../../packages/vitest/src/is-list-command.ts'

const argv = (line: string): readonly string[] => ['node', 'vitest', ...line.split(' ')]

test.each(['list', '--config x.ts list', '-r list list', '--config=x.ts list', '--no-color list some.test.ts'])(
  '8: vitest %s',
  (line) => {
    expect(isListCommand(argv(line))).toBe(true)
  },
)

test.each(['', 'run', 'run list', '--project list', 'run -t list'])('no list: vitest %s', (line) => {
  expect(isListCommand(argv(line))).toBe(false)
})
