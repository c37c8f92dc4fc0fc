import { execFileSync } from 'node:child_process'
import { renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from './layout.ts'

const NAMES: { readonly [what: string]: string } = {
  spaces: 'my first  project',
  brackets: 'a (b) [c] {d}',
  'unicode letters': 'Prüfung-données-试验',
  'decomposed letters': 'pru\u0308fung',
  quotes: `it's "quoted"`,
  'shell words': '$HOME `id` ;&',
  'a leading dash': '-rf',
  'an emoji': '🚢',
}

// Vite opens no project with `#` or `?` in its path, and Vitest imports no package from one with `%`.
const NAMES_WITHOUT_VITEST: { readonly [what: string]: string } = {
  'a hash': 'a#b',
  'percent signs': '100%-%41-%',
  'a question mark': 'what?x=1',
}

/** Names of folders, and links on the way to them. */
export const pathLayouts: readonly Layout[] = [
  ...Object.entries(NAMES).map(([what, folder]) => ({ title: `a path with ${what}`, folder })),
  ...Object.entries(NAMES_WITHOUT_VITEST).map(([what, folder]) => ({
    title: `a path with ${what}`,
    folder,
    runs: ['exec'] as const,
  })),
  {
    title: 'a long path',
    folder: Array.from({ length: 12 }, (_, i) => `folder-number-${i}`).join('/'),
  },
  {
    title: 'a symlinked project',
    prepare: ({ folder, scratch }) => {
      renameSync(folder, join(scratch, 'real'))
      symlinkSync('real', folder)
    },
  },
  {
    title: 'symlinked node_modules',
    prepare: ({ folder, scratch }) => {
      renameSync(join(folder, 'node_modules'), join(scratch, 'node_modules'))
      symlinkSync('../node_modules', join(folder, 'node_modules'))
    },
  },
  {
    title: 'a git worktree',
    prepare: ({ folder, scratch }) => {
      const git = (...args: readonly string[]): void =>
        void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          cwd: scratch,
          stdio: 'ignore',
        })
      git('init', 'main')
      git('-C', 'main', 'commit', '--allow-empty', '-m', 'first')
      renameSync(folder, join(scratch, 'files'))
      git('-C', 'main', 'worktree', 'add', folder)
      execFileSync('cp', ['-a', `${join(scratch, 'files')}/.`, folder])
    },
  },
]
