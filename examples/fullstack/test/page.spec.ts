import { expect, test } from 'moorage/playwright'

test('a new note remains after a reload', async ({ page, services }) => {
  await page.goto(`/?api=${services.api.url}`)
  await page.getByLabel('Note').fill('from the page')
  await page.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('listitem')).toHaveText(['from the page'])
  await page.reload()
  await expect(page.getByRole('listitem')).toHaveText(['from the page'])
})
