import { expect, test } from 'moorage/playwright'

test('a new note remains after a reload', async ({ page, services }) => {
  const note = `from the page at ${Date.now()}`
  await page.goto(`/?api=${services.api.url}`)
  await page.getByLabel('Note').fill(note)
  await page.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('listitem').last()).toHaveText(note)
  await page.reload()
  await expect(page.getByRole('listitem').last()).toHaveText(note)
})
