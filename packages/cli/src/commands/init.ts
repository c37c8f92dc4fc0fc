import type { Command } from '../command.ts'

export const init: Command = {
  name: 'init',
  summary: 'set up a project: the config, the lines of the test runner, and pipelines for CI',
  description:
    'Looks at the project, shows what it found and a diff of what it would write, and asks before it writes. Files that exist are edited only where that is safe, and replaced only with `--force`. A second `init` changes nothing.',
  options: {
    ci: {
      value: 'system',
      choices: ['github', 'gitlab', 'jenkins', 'azure'],
      summary: 'write pipelines for this CI system (default: the one that the project uses)',
    },
    provider: {
      value: 'name',
      choices: ['docker', 'kubernetes'],
      summary: 'where the pipelines run services (default: kubernetes if a pipeline calls kubectl, else docker)',
    },
    'dry-run': { summary: 'print the diff, and write nothing' },
    yes: { short: 'y', summary: 'write without a question' },
    force: { summary: 'replace files that exist and differ' },
  },
  example: ['moorage init --ci github --dry-run', 'prints what init would write, as a diff on stdout'],
  load: async () => (await import('../init/init-command.ts')).runInit,
}
