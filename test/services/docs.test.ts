import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  command,
  container,
  defineConfig,
  npmServer,
  postgres,
  plainProcess as plain,
  provision,
  staticServer,
  type AnyConfig,
  type ProvisionOptions,
} from '../../packages/moorage/src/index.ts'

const blocks = [...readFileSync('docs/servers.md', 'utf8').matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code)
const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...values: unknown[]) => Promise<unknown>

test('the code of docs/servers.md runs', async () => {
  const base = mkdtempSync(join(tmpdir(), 'moorage-docs-'))
  const env = {
    ...process.env,
    CI: '',
    MOORAGE: '',
    MOORAGE_PROVIDER: '',
    MOORAGE_CACHE_DIR: base,
    MOORAGE_SUPERVISOR: 'inline',
  }
  const filled: string[] = []
  const scope = {
    command,
    container,
    npmServer,
    staticServer,
    db: postgres(),
    config: defineConfig({ root: base, provider: plain(), services: { db: staticServer({ root: '.' }) } }),
    provision: (config: AnyConfig, options: ProvisionOptions) =>
      provision(config, { ...options, env, onProgress: () => {} }),
    fill: (url: string) => void filled.push(url),
  }
  try {
    expect(blocks.length).toBeGreaterThan(4)
    for (const code of blocks) await new AsyncFunction(...Object.keys(scope), code)(...Object.values(scope))
    expect(filled).toEqual([expect.stringMatching(/^http:/)])
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
})
