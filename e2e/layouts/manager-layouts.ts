import { BASE, DEPENDENCIES, manifest, VITEST_CONFIG } from './base-project.ts'
import type { Layout, LayoutFiles } from './layout.ts'

// The config at the root, the tests in two packages.
function monorepo(fields: object, devDependencies: object = DEPENDENCIES): LayoutFiles {
  const packages = ['a', 'b'].flatMap((name) => [
    [`packages/${name}/package.json`, manifest({ name, devDependencies })],
    [`packages/${name}/page.test.ts`, BASE['page.test.ts']],
    [`packages/${name}/vitest.config.ts`, VITEST_CONFIG],
  ])
  return {
    'package.json': manifest({ devDependencies, ...fields }),
    'page.test.ts': undefined,
    'vitest.config.ts': "export default { test: { projects: ['packages/*'] } }\n",
    ...Object.fromEntries(packages),
  }
}

const WORKSPACES = { workspaces: ['packages/*'] }
// Yarn does not install the peers of packages.
const WITH_VITE = { ...DEPENDENCIES, vite: '*' }
const YARN = { 'package.json': manifest({ devDependencies: WITH_VITE }), 'yarn.lock': '' }
// Yarn's own: its cache, and the folder of `yarn run` that stays when a signal ends it.
const YARN_1_LEAVES = /^(v8-compile-cache-\d+|yarn--[\d.-]+)$/
const YARNRC = 'yarnPath: .yarn/releases/yarn.cjs\nenableGlobalCache: false\nenableTelemetry: false\n'

/** Package managers, and monorepos of them. */
export const managerLayouts: readonly Layout[] = [
  { title: 'npm' },
  { title: 'npm workspaces', files: monorepo(WORKSPACES) },
  { title: 'npm workspaces, from a package', files: monorepo(WORKSPACES), cwd: 'packages/a' },
  { title: 'pnpm', manager: 'pnpm' },
  {
    title: 'pnpm monorepo, from a package',
    manager: 'pnpm',
    files: { ...monorepo({}), 'pnpm-workspace.yaml': "packages:\n  - 'packages/*'\n" },
    cwd: 'packages/b',
  },
  {
    title: 'pnpm monorepo',
    manager: 'pnpm',
    files: { ...monorepo({}), 'pnpm-workspace.yaml': "packages:\n  - 'packages/*'\n" },
  },
  { title: 'Yarn 1', manager: 'yarn-classic', leaves: YARN_1_LEAVES, files: YARN },
  {
    title: 'Yarn 1 workspaces',
    manager: 'yarn-classic',
    leaves: YARN_1_LEAVES,
    files: { ...YARN, ...monorepo(WORKSPACES, WITH_VITE) },
  },
  { title: "Yarn 4, Plug'n'Play", manager: 'yarn-pnp', files: { ...YARN, '.yarnrc.yml': YARNRC } },
  {
    title: "Yarn 4, Plug'n'Play, in a folder with a space",
    manager: 'yarn-pnp',
    folder: 'my project',
    files: { ...YARN, '.yarnrc.yml': YARNRC },
  },
  {
    title: "Yarn 4 workspaces, Plug'n'Play, from a package",
    manager: 'yarn-pnp',
    files: { ...YARN, ...monorepo(WORKSPACES, WITH_VITE), '.yarnrc.yml': YARNRC },
    cwd: 'packages/a',
  },
  {
    title: 'Yarn 4 with node_modules',
    manager: 'yarn-pnp',
    files: { ...YARN, '.yarnrc.yml': `${YARNRC}nodeLinker: node-modules\n` },
  },
  { title: 'bun install', manager: 'bun' },
]
