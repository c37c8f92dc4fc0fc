import { BASE, configSource, manifest, TEST, VITEST_CONFIG } from './base-project.ts'
import type { Layout } from './layout.ts'

const COMMONJS = manifest({ type: undefined })
const REQUIRED = configSource()
  .replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)')
  .replace('export default', 'module.exports =')
const COMMONJS_NAMES = "module.exports.PAGE = 'site'\n"
const NODE_20 = manifest({ devDependencies: { moorage: 'PACKED', vitest: '^3.2.0' } })

/** Kinds of modules, places of the config, and versions of Node. */
export const moduleLayouts: readonly Layout[] = [
  { title: 'moorage.config.mts', files: { 'moorage.config.ts': undefined, 'moorage.config.mts': configSource() } },
  { title: 'moorage.config.js', files: { 'moorage.config.ts': undefined, 'moorage.config.js': configSource() } },
  { title: 'moorage.config.mjs', files: { 'moorage.config.ts': undefined, 'moorage.config.mjs': configSource() } },
  ...(['cjs', 'cts'] as const).map((ending) => ({
    title: `moorage.config.${ending}`,
    files: {
      'package.json': COMMONJS,
      'moorage.config.ts': undefined,
      [`moorage.config.${ending}`]: REQUIRED,
      'names.js': COMMONJS_NAMES,
      'vitest.config.ts': undefined,
      'vitest.config.mts': VITEST_CONFIG,
    },
  })),
  {
    title: 'CommonJS project without "type", config .mts',
    files: {
      'package.json': COMMONJS,
      'moorage.config.ts': undefined,
      'moorage.config.mts': configSource('./names.mjs'),
      'names.js': undefined,
      'names.mjs': BASE['names.js'],
      'vitest.config.ts': undefined,
      'vitest.config.mts': VITEST_CONFIG,
    },
  },
  {
    title: 'CommonJS project without "type", config .ts',
    files: { 'package.json': COMMONJS, 'names.js': COMMONJS_NAMES },
  },
  {
    title: '"type": "commonjs", config .ts with import',
    files: { 'package.json': manifest({ type: 'commonjs' }), 'names.js': COMMONJS_NAMES },
    refusal: /package\.json declares its files as CommonJS[^]*moorage\.config\.mts/,
  },
  {
    title: 'the config in a folder of its own',
    files: {
      'moorage.config.ts': undefined,
      'infra/services.ts': configSource('../names.js').replace('services: {', "root: '..',\n  services: {"),
      'vitest.config.ts': VITEST_CONFIG.replace('moorage()', "moorage({ config: 'infra/services.ts' })"),
    },
    runs: ['vitest'],
  },
  {
    title: 'Vitest with several projects, the plugin in one',
    files: {
      'vitest.config.ts': `import { moorage } from 'moorage/vitest'
export default { test: { projects: [
  { plugins: [moorage()], test: { name: 'with', include: ['page.test.ts'] } },
  { test: { name: 'without', include: ['plain.test.ts'] } },
] } }
`,
      'plain.test.ts': "import { expect, test } from 'vitest'\ntest('adds', () => expect(1 + 1).toBe(2))\n",
    },
    runs: ['vitest'],
  },
  {
    title: 'Vitest with the plugin at the root of several projects',
    files: {
      'vitest.config.ts': `import { moorage } from 'moorage/vitest'
export default { plugins: [moorage()], test: { projects: [
  { extends: true, test: { name: 'one', include: ['page.test.ts'] } },
  { extends: true, test: { name: 'two', include: ['other/*.test.ts'] } },
] } }
`,
      'other/page.test.ts': TEST,
    },
    runs: ['vitest'],
  },
  { title: 'tests and commands from a folder without a package.json', cwd: 'site', runs: ['exec'] },
  { title: 'Node 22', node: '22' },
  {
    title: 'Node 20',
    node: '20',
    files: {
      'package.json': NODE_20,
      'moorage.config.ts': undefined,
      'moorage.config.mjs': configSource(),
      'vitest.config.ts': undefined,
      'vitest.config.mjs': VITEST_CONFIG,
    },
    refusal: /moorage needs Node 22\.18 or later\. This is v20\./,
  },
  {
    title: 'NODE_OPTIONS with a loader of the project',
    files: { 'loader.mjs': 'globalThis.loaded = true\n' },
    env: ({ folder }) => ({ NODE_OPTIONS: `--import ${folder}/loader.mjs` }),
  },
  {
    title: 'NODE_OPTIONS with a relative loader, and NODE_PATH',
    files: { 'loader.cjs': 'globalThis.loaded = true\n' },
    env: ({ scratch }) => ({ NODE_OPTIONS: '--require ./loader.cjs --enable-source-maps', NODE_PATH: `${scratch}:.` }),
  },
]
