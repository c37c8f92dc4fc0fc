import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { missing } from '../harness/engine.ts'
import { moorage, openStage, vitest } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/readme'

test("the README's code runs as it stands, and begins before line 30", async ({ skip }) => {
  const text = readFileSync('README.md', 'utf8')
  expect(text.split('\n').findIndex((line) => line.startsWith('```ts'))).toBeLessThan(30)
  const [first, ...files] = [...text.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)].map(
    ([, path, code]) => [join(folder, path as string), code as string] as const,
  )
  expect(files).toHaveLength(3)
  const [, command = ''] = /^npx moorage exec -- sh -c '(.+)'$/m.exec(text) ?? []
  const reason = missing('docker')
  if (reason) skip(reason)
  const write = ([path, code]: readonly [path: string, code: string]): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
  try {
    await using stage = await openStage(folder, 'docker')
    write(first as readonly [string, string])
    const shown = await stage.start(moorage(folder, 'exec', '--', 'sh', '-c', command))
    expect(await shown.ended, shown.output()).toEqual({ code: 0, signal: null })
    expect(shown.output()).toMatch(/^postgresql:\/\/postgres:\w+@127\.0\.0\.1:\d+\/test$/m)
    for (const file of files) write(file)
    const child = await stage.start(vitest(folder))
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/Tests +2 passed/)
    await stage.clean(2_000)
    // Services that stay have the data of the runs before.
    for (const argv of [moorage(folder, 'up'), vitest(folder), vitest(folder), moorage(folder, 'down')]) {
      const again = await stage.start(argv)
      expect(await again.ended, again.output()).toEqual({ code: 0, signal: null })
    }
    await stage.clean(2_000)
  } finally {
    for (const [path] of files) rmSync(path, { force: true })
  }
})
