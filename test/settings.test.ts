import type { ContainerSettings, OptionProblem, Provider } from '@moorage/core'
import { describe, expect, test } from 'vitest'
import { refusedSettings, type SettingSupport } from '../packages/core/src/provider.ts'
import { provider as docker } from '../packages/provider-docker/src/provider.ts'
import { refusedCombinations, SETTING_SUPPORT as dockerSupport } from '../packages/provider-docker/src/settings.ts'
import { provider as kubernetes } from '../packages/provider-kubernetes/src/provider.ts'
import { SETTING_SUPPORT as kubernetesSupport } from '../packages/provider-kubernetes/src/settings.ts'
import { provider as nerdctl } from '../packages/provider-nerdctl/src/provider.ts'
import { SETTING_SUPPORT as nerdctlSupport } from '../packages/provider-nerdctl/src/settings.ts'
import { SETTINGS } from './contract/setting-values.ts'

const context = { root: process.cwd() }
const providers: readonly { readonly provider: Provider; readonly support: SettingSupport }[] = [
  { provider: docker({}, context), support: dockerSupport },
  { provider: kubernetes({}, context), support: kubernetesSupport },
  { provider: nerdctl({}), support: nerdctlSupport },
]

for (const { provider, support } of providers) {
  describe(`settings of containers on ${provider.name}`, () => {
    const check = async (settings: ContainerSettings): Promise<readonly OptionProblem[]> => {
      const api = { preset: 'container', ports: { main: 80 }, container: { image: 'x', connection: {}, ...settings } }
      return (await provider.check?.('api', api, { api })) ?? []
    }

    test.each(Object.entries(SETTINGS))('%s is honoured, or refused by its name', async (name, value) => {
      const setting = name as keyof ContainerSettings
      const problems = await check({ [setting]: value })
      if (support[setting] === 'honoured') return expect(problems).toEqual([])
      for (const { at, reason, fix } of problems) {
        expect(at.startsWith(setting)).toBe(true)
        expect(reason).toMatch(/^\S.*[^.]$/)
        expect(fix).toMatch(/\.$/)
      }
      if (typeof support[setting] === 'object') expect(problems).toHaveLength(1)
    })

    test('a setting that asks for nothing is never refused', async () => {
      expect(await check({ privileged: false, tty: false, labels: {}, devices: [], init: false })).toEqual([])
    })
  })
}

test('the check can fail: a refused setting, a refused value', () => {
  const support: SettingSupport = {
    ...dockerSupport,
    tty: { reason: 'r', fix: 'f' },
    user: (user) => (user === 'a' ? { at: '[0]', reason: 'r', fix: 'f' } : undefined),
  }
  expect(refusedSettings({ tty: true, user: 'a' }, support)).toEqual([
    { at: 'user[0]', reason: 'r', fix: 'f' },
    { at: 'tty', reason: 'r', fix: 'f' },
  ])
  expect(refusedSettings({ tty: false, user: 'b' }, support)).toEqual([])
  expect(refusedSettings(undefined, support)).toEqual([])
})

test('docker refuses files and users that a read-only root rules out', () => {
  const form = { image: 'x', connection: {}, readOnlyRoot: true }
  const files = { '/top': { content: 'x' }, '/memory/x': { content: 'x' } }
  const refused = { ...form, files, tmpfs: ['/other', '/memory/'], user: 'nobody' }
  expect(refusedCombinations(refused).map(({ at, reason }) => `${at}: ${reason}`)).toEqual([
    'files: with a read-only root, nothing can be delivered to /top',
    'tmpfs[1]: with a read-only root, a folder in memory cannot receive files',
    "user: with a read-only root, a folder in memory cannot be given to a user by name, such as 'nobody'",
  ])
  expect(refusedCombinations({ ...refused, readOnlyRoot: false })).toEqual([])
  expect(
    refusedCombinations({ ...form, files: { '/etc/x': { content: 'x' } }, tmpfs: ['/memory'], user: '1:2' }),
  ).toEqual([])
})
