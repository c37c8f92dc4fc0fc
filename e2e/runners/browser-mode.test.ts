import { expect, test } from 'vitest'
import { missingChromium } from '../harness/chromium.ts'
import { openStage, vitest } from '../harness/fixture.ts'

test("10: in Vitest's browser mode inject('moorage') works, and a page fetches from a site that allows it", async ({
  skip,
}) => {
  const reason = missingChromium()
  if (reason) skip(reason)
  const folder = 'e2e/fixtures/browser-mode'
  await using stage = await openStage(folder, 'process')
  const child = await stage.start(vitest(folder))
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(/Tests +1 passed/)
  await stage.clean(2_000)
})
