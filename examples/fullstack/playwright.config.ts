import { defineConfig } from '@playwright/test'

const executablePath = process.env['MOORAGE_CHROMIUM']

export default defineConfig({
  testDir: 'test',
  testMatch: '*.spec.ts',
  globalSetup: 'moorage/playwright',
  // The browser of `npx playwright install chromium`, unless another is named.
  use: executablePath ? { launchOptions: { executablePath } } : {},
})
