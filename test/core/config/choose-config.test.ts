import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseConfig } from '../../../packages/core/src/config/find-config.ts'
import { thrownMessage } from '../../thrown-error.ts'

function project(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-choice-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'packages/a'), { recursive: true })
  mkdirSync(join(folder, 'infra'))
  for (const file of ['package.json', ...files]) writeFileSync(join(folder, file), '{ "workspaces": [] }')
  return folder
}

test('the search starts in the folder of the runner, or in the one that is chosen', () => {
  const folder = project('moorage.config.ts', 'infra/moorage.config.ts')
  const runner = join(folder, 'packages/a')
  expect(chooseConfig(runner, {})).toBe(join(folder, 'moorage.config.ts'))
  expect(chooseConfig(runner, { root: '../../infra' })).toBe(join(folder, 'infra/moorage.config.ts'))
})

test('a chosen file may have any name, and has to exist', async () => {
  const folder = project('infra/services.ts')
  const runner = join(folder, 'packages/a')
  expect(chooseConfig(runner, { root: '../..', config: 'infra/services.ts' })).toBe(join(folder, 'infra/services.ts'))
  const message = await thrownMessage(async () => chooseConfig(runner, { config: 'service.ts' }))
  expect(message.replaceAll(runner, 'RUNNER')).toBe(
    'CONFIG_NOT_FOUND\nRUNNER/service.ts does not exist.\nThe option config of moorage() names it, relative to RUNNER.',
  )
})
