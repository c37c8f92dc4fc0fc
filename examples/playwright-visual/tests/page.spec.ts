import { expect, test } from 'moorage/playwright'

test('the page matches its screenshot', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveScreenshot('page.png', { fullPage: true })
})

test('a chosen colour is highlighted', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'sea' }).click()
  await expect(page.getByRole('group')).toHaveScreenshot('chosen.png')
})
