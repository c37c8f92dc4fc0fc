import { expect, test } from 'moorage/playwright'

test('the page looks as it did', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveScreenshot('page.png', { fullPage: true })
})

test('a chosen colour is marked', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'sea' }).click()
  await expect(page.getByRole('group')).toHaveScreenshot('chosen.png')
})
