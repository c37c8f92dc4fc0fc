import { spawnSync } from 'node:child_process'
import type { AnyConfig, ContainerSettings } from '@moorage/core'
import { refusedSettings } from '@moorage/core/provider'
import { renderRun } from '@moorage/core/runner'
import { describe, expect, test } from 'vitest'
import { kubeconfig, missing } from '../../e2e/harness/engine.ts'
import { toYamlDocuments } from '../../packages/cli/src/render/yaml.ts'
import { container, defineConfig, kubernetes, mongodb, postgres, redis } from '../../packages/moorage/src/index.ts'
import { SETTING_SUPPORT } from '../../packages/provider-kubernetes/src/settings.ts'
import { SETTINGS } from '../contract/setting-values.ts'

const reason = missing('kubernetes')

// A privileged process gains no privilege: both together are refused.
const { privileged, ...settings } = SETTINGS
const form = { image: 'x', connection: {}, ...settings, user: '1000:1000', groups: ['1234'] }
const refused = refusedSettings(form, SETTING_SUPPORT).map(({ at }) => at.replace(/[^a-z].*/i, ''))
const honoured = Object.fromEntries(
  Object.entries(form).filter(([name]) => name in SETTINGS && !refused.includes(name)),
) as ContainerSettings

describe.skipIf(reason)(`moorage render for Kubernetes${reason ? ` (${reason})` : ''}`, () => {
  test('the API server accepts the objects', async () => {
    const db = postgres()
    const everything = container({
      image: 'busybox:1.37',
      ports: { main: 7000 },
      env: { DATABASE: db.url, PRICE: '$(HOME) 5$' },
      files: { '/etc/hooks': '../cli' },
      ...honoured,
    })
    const root = container({ image: 'busybox:1.37', ports: { main: 7000 }, privileged })
    const services = { db, root, cache: redis(), documents: mongodb(), everything }
    const config = defineConfig({ services }) as unknown as AnyConfig
    const rendering = await renderRun(config, { provider: 'kubernetes', providers: [kubernetes()], env: {} })
    const yaml = toYamlDocuments(rendering.objects, rendering.notes)
    // A dry run creates no namespace, so the objects go to one that exists.
    const { stdout, stderr } = applyDry(yaml.replaceAll('\n  namespace: moorage-run\n', '\n  namespace: default\n'))
    expect(stderr.replace(/^Warning: .*\n/gm, '')).toBe('')
    const created = stdout.trim().split('\n')
    expect(created.every((line) => line.endsWith(' created (server dry run)'))).toBe(true)
    expect(created).toHaveLength(rendering.objects.length)
  })
})

function applyDry(input: string): { readonly stdout: string; readonly stderr: string } {
  const args = ['--kubeconfig', kubeconfig('admin'), 'apply', '--dry-run=server', '--validate=strict', '-f', '-']
  return spawnSync(process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl', args, { input, encoding: 'utf8' })
}
