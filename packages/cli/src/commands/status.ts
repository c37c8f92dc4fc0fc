import type { Command } from '../command.ts'
import { FORMAT_OPTIONS } from '../data-format-options.ts'

export const status: Command = {
  name: 'status',
  summary: "show this project's runs, and whether their services answer",
  description:
    'Shows what runs for this project, whether it answers, and how long it stays. With `--why` it says whether a test run would join it, and which inputs differ. The exit code is 1 if nothing runs.',
  options: {
    why: { summary: 'also say whether a test run would join, and which inputs differ' },
    ...FORMAT_OPTIONS,
  },
  example: ['moorage status --why', 'explains why a test run starts services again'],
  load: async () => (await import('../actions/status.ts')).runStatus,
}
