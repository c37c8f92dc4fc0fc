import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { missing } from '../harness/engine.ts'
import { openStage, vitest } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/readme'

test("the README's code runs as it stands, and begins before line 30", async ({ skip }) => {
  const text = readFileSync('README.md', 'utf8')
  expect(text.split('\n').findIndex((line) => line.startsWith('```ts'))).toBeLessThan(30)
  const files = [...text.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)].map(
    ([, path, code]) => [join(folder, path as string), code as string] as const,
  )
  expect(files).toHaveLength(3)
  const reason = missing('docker')
  if (reason) skip(reason)
  try {
    for (const [path, code] of files) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, code)
    }
    await using stage = await openStage(folder, 'docker')
    const child = await stage.start(vitest(folder))
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/Tests +2 passed/)
    await stage.clean(2_000)
  } finally {
    for (const [path] of files) rmSync(path, { force: true })
  }
})
