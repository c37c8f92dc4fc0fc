import { describe, expect, test } from 'vitest'
import type { Proposal } from '../../../packages/cli/src/init/change.ts'
import type { Runner } from '../../../packages/cli/src/init/detect/find-runners.ts'
import { readManifest } from '../../../packages/cli/src/init/detect/package-manifest.ts'
import { proposePlaywright } from '../../../packages/cli/src/init/propose/playwright-config.ts'
import { proposeVitest } from '../../../packages/cli/src/init/propose/vitest-config.ts'
import { projectFolder } from './project-folder.ts'

/** What becomes of a config: its new text, or why it stays. */
function edit(runner: 'vitest' | 'playwright', text: string, version?: string): string {
  using folder = projectFolder({ 'package.json': '{"type":"module"}', 'it.config.ts': text })
  const found: Runner = { name: runner, source: '', configFile: `${folder.path}/it.config.ts`, version }
  const manifest = readManifest(`${folder.path}/package.json`)
  return describeProposal(runner === 'vitest' ? proposeVitest(found, manifest) : proposePlaywright(found, manifest))
}

function describeProposal(proposal: Proposal): string {
  return proposal.kind === 'change'
    ? proposal.change.after
    : `${proposal.kind}${'reason' in proposal ? `: ${proposal.reason}` : ''}`
}

const vitest = "import { defineConfig } from 'vitest/config'\n"
const moorage = "import { moorage } from 'moorage/vitest'\n"

describe('Vitest', () => {
  test.each([
    [
      'an empty object',
      `${vitest}export default defineConfig({})\n`,
      `${vitest}${moorage}export default defineConfig({ plugins: [moorage()] })\n`,
    ],
    [
      'one line',
      `${vitest}export default defineConfig({ test: {} })\n`,
      `${vitest}${moorage}export default defineConfig({ plugins: [moorage()], test: {} })\n`,
    ],
    [
      'plugins on one line',
      `${vitest}export default defineConfig({ plugins: [react()] })\n`,
      `${vitest}${moorage}export default defineConfig({ plugins: [moorage(), react()] })\n`,
    ],
    [
      'no plugins yet',
      `${vitest}export default defineConfig({ plugins: [] })\n`,
      `${vitest}${moorage}export default defineConfig({ plugins: [moorage()] })\n`,
    ],
    [
      'plugins on several lines, with a comment',
      `${vitest}export default defineConfig({\n  // ours\n  plugins: [\n    react(),\n  ],\n})\n`,
      `${vitest}${moorage}export default defineConfig({\n  // ours\n  plugins: [\n    moorage(),\n    react(),\n  ],\n})\n`,
    ],
    [
      'double quotes, semicolons and tabs',
      'import { defineConfig } from "vitest/config";\nexport default defineConfig({\n\ttest: {},\n});\n',
      'import { defineConfig } from "vitest/config";\nimport { moorage } from "moorage/vitest";\nexport default defineConfig({\n\tplugins: [moorage()],\n\ttest: {},\n});\n',
    ],
    [
      'a constant with a type',
      `import type { ViteUserConfig } from 'vitest/config'\nconst config = { test: {} } satisfies ViteUserConfig\nexport default config\n`,
      `import type { ViteUserConfig } from 'vitest/config'\n${moorage}const config = { plugins: [moorage()], test: {} } satisfies ViteUserConfig\nexport default config\n`,
    ],
    [
      'a function',
      `${vitest}export default defineConfig(() => ({ test: {} }))\n`,
      `${vitest}${moorage}export default defineConfig(() => ({ plugins: [moorage()], test: {} }))\n`,
    ],
    [
      'a function with return',
      `${vitest}export default defineConfig(({ mode }) => {\n  return { test: { env: { mode } } }\n})\n`,
      `${vitest}${moorage}export default defineConfig(({ mode }) => {\n  return { plugins: [moorage()], test: { env: { mode } } }\n})\n`,
    ],
    ['no imports', 'export default { test: {} }\n', `${moorage}\nexport default { plugins: [moorage()], test: {} }\n`],
    [
      'the plugin already',
      `${vitest}${moorage}export default defineConfig({ plugins: [moorage({ root: 'a' })] })\n`,
      'unchanged',
    ],
    ['the global setup already', "export default { test: { globalSetup: 'moorage/vitest/setup' } }\n", 'unchanged'],
    [
      'plugins from elsewhere',
      `${vitest}export default defineConfig({ plugins: all })\n`,
      'manual: its plugins are not an inline list',
    ],
    [
      'two configs merged',
      `${vitest}export default mergeConfig(base, defineConfig({}))\n`,
      'manual: its default export is not a plain object or a call with one',
    ],
    [
      'branches',
      `${vitest}export default defineConfig(({ mode }) => {\n  if (mode) return {}\n  return { test: {} }\n})\n`,
      'manual: its default export is not a plain object or a call with one',
    ],
    [
      'the name for something else',
      `${vitest}const moorage = 1\nexport default defineConfig({ test: { retry: moorage } })\n`,
      "manual: it uses the name 'moorage' already",
    ],
    ['CommonJS', 'module.exports = { test: {} }\n', 'manual: it is CommonJS'],
    ['no default export', 'export const a = 1\n', 'manual: it has no default export'],
    ['a syntax error', 'export default {\n', 'manual: it does not parse: Unexpected token (2:0)'],
  ])('%s', (_, text, after) => {
    expect(edit('vitest', text)).toBe(after)
    // What init wrote, it leaves alone.
    if (after.includes('\n')) expect(edit('vitest', after)).toBe('unchanged')
  })
})

const playwright = "import { defineConfig } from '@playwright/test'\n"
const server = "import { moorage } from 'moorage/playwright'\n"

describe('Playwright', () => {
  test.each([
    [
      'no server',
      '1.57.0',
      `${playwright}export default defineConfig({ testDir: 'e2e' })\n`,
      `${playwright}${server}export default defineConfig({ webServer: [moorage.webServer()], testDir: 'e2e' })\n`,
    ],
    [
      'a server',
      '1.65.1',
      `${playwright}export default defineConfig({ webServer: { command: 'a' } })\n`,
      `${playwright}${server}export default defineConfig({ webServer: [moorage.webServer(), { command: 'a' }] })\n`,
    ],
    [
      'a list of servers',
      undefined,
      `${playwright}export default defineConfig({ webServer: [{ command: 'a' }] })\n`,
      `${playwright}${server}export default defineConfig({ webServer: [moorage.webServer(), { command: 'a' }] })\n`,
    ],
    [
      'a server by a condition',
      '1.57.0',
      `${playwright}export default defineConfig({ webServer: a ? b : c })\n`,
      'manual: its webServer is neither an inline object nor an inline list',
    ],
    [
      'an old version',
      '1.56.1',
      `${playwright}export default defineConfig({ testDir: 'e2e' })\n`,
      `${playwright}export default defineConfig({ globalSetup: 'moorage/playwright', testDir: 'e2e' })\n`,
    ],
    [
      'an old version with a setup',
      '1.50.0',
      `${playwright}export default defineConfig({ globalSetup: './a' })\n`,
      `${playwright}export default defineConfig({ globalSetup: ['moorage/playwright', './a'] })\n`,
    ],
    [
      'an old version with a computed setup',
      '1.50.0',
      `${playwright}export default defineConfig({ globalSetup: require.resolve('./a') })\n`,
      'manual: its globalSetup is neither a string nor an inline list',
    ],
  ])('%s', (_, version, text, after) => {
    expect(edit('playwright', text, version)).toBe(after)
    if (after.includes('\n')) expect(edit('playwright', after, version)).toBe('unchanged')
  })
})
