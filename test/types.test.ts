import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test("the types of a user's config and tests: each promise in test/types holds", () => {
  const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/types'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
  expect(status).toBe(0)
}, 60_000)
