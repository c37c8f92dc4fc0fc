import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { config, openProject } from '../cli/project.ts'
import { openStage } from '../harness/fixture.ts'

const SITE = { 'site/index.html': 'hello' }
const CONFIG = config("web: staticServer({ root: 'site' })", 'plain()')
const TEST = `import { services } from 'moorage/test'
import { expect, test } from 'vitest'
test('the page answers', async () => expect(await (await fetch(services().web.url)).text()).toBe('hello'))
`
const vitestConfig = (options: string, plugin = 'moorage()'): string =>
  `import { moorage } from 'moorage/vitest'\nexport default { plugins: [${plugin}], test: { ${options} } }\n`

interface Layout {
  readonly files: { readonly [path: string]: string }
  /** The folder in which Vitest is started. */
  readonly cwd?: string
}

const layouts: { readonly [name: string]: Layout } = {
  "with root: 'src'": {
    files: {
      'moorage.config.ts': CONFIG,
      'src/page.test.ts': TEST,
      'vitest.config.ts': vitestConfig('').replace('plugins', "root: 'src', plugins"),
    },
  },
  'in a monorepo, whose projects are packages': {
    files: {
      'package.json': '{ "type": "module", "workspaces": ["packages/*"] }',
      'moorage.config.ts': CONFIG,
      'packages/a/package.json': '{ "type": "module" }',
      'packages/a/vitest.config.ts': vitestConfig(''),
      'packages/a/page.test.ts': TEST,
      'packages/b/package.json': '{ "type": "module" }',
      'packages/b/vitest.config.ts': vitestConfig(''),
      'packages/b/page.test.ts': TEST,
      'vitest.config.ts': "export default { test: { projects: ['packages/*'] } }\n",
    },
  },
  'started in a package of a monorepo': {
    files: {
      'package.json': '{ "type": "module", "workspaces": ["packages/*"] }',
      'moorage.config.ts': CONFIG,
      'packages/a/package.json': '{ "type": "module" }',
      'packages/a/vitest.config.ts': vitestConfig(''),
      'packages/a/page.test.ts': TEST,
    },
    cwd: 'packages/a',
  },
  'with the options root and config': {
    files: {
      'infra/test-services.ts': config("web: staticServer({ root: '../site' })", 'plain()'),
      'packages/a/package.json': '{ "type": "module" }',
      'packages/a/vitest.config.ts': vitestConfig('', "moorage({ root: '../../infra', config: 'test-services.ts' })"),
      'packages/a/page.test.ts': TEST,
    },
    cwd: 'packages/a',
  },
}

test.each(Object.entries(layouts))('Vitest %s finds the config', async (_, { files, cwd = '.' }) => {
  using project = openProject({ ...SITE, ...files })
  const at = join(project.folder, cwd)
  symlinkSync(resolve('e2e/fixtures/vitest-5/node_modules/vitest'), join(project.folder, 'node_modules/vitest'))
  await using stage = await openStage(at, 'process')
  const child = await stage.start([process.execPath, join(project.folder, 'node_modules/vitest/vitest.mjs'), 'run'])
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output().match(/moorage: provider/g)).toHaveLength(1)
  await stage.clean(5_000)
})
