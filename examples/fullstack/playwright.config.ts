import { defineConfig } from '@playwright/test'

const executablePath = process.env['MOORAGE_CHROMIUM']

export default defineConfig({
  testDir: 'test',
  testMatch: '*.spec.ts',
  globalSetup: 'moorage/playwright',
  // Without MOORAGE_CHROMIUM, Playwright uses the browser of `npx playwright install chromium`.
  use: executablePath ? { launchOptions: { executablePath } } : {},
})
