import { ERROR_CODES } from '@moorage/core'
import type { Command } from '../command.ts'

export const explain: Command = {
  name: 'explain',
  summary: 'print the page of an error code: how to find the cause, and the fixes',
  description:
    'Prints the page of an error code from the installed version: the steps to its cause, and what to do. It needs no network.',
  args: [{ name: 'code', summary: 'an error code', required: true, choices: Object.keys(ERROR_CODES) }],
  example: ['moorage explain START_FAILED', 'prints how to find out why a service could not start'],
  load: async () => (await import('../actions/explain-error.ts')).runExplain,
}
