import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { afterEach, expect, test, vi } from 'vitest'
import type { Report } from '@moorage/core'
import { createFolder } from '../../../packages/provider-process/src/system/service-folders.ts'

afterEach(() => vi.unstubAllEnvs())

const report = { journal: () => {} } as unknown as Report

test('a TMPDIR that does not exist: /tmp takes its place', async () => {
  vi.stubEnv('TMPDIR', '/no/such/folder')
  const path = await createFolder('dev-1', 'db', report)
  try {
    expect(path).toMatch(/^\/tmp\/moorage-dev-1-db-[0-9a-f]{8}$/)
    expect(statSync(path).mode & 0o777).toBe(0o711)
  } finally {
    await rm(path, { recursive: true })
  }
})
