import { defineConfig, devices } from '@playwright/test'

export default defineConfig({
  testDir: 'tests',
  globalSetup: 'moorage/playwright',
  // Without the platform: the same browser draws everywhere.
  snapshotPathTemplate: '{testDir}/__screenshots__/{projectName}/{testFilePath}/{arg}{ext}',
  projects: [
    { name: 'desktop', use: { viewport: { width: 960, height: 640 } } },
    { name: 'phone', use: { ...devices['Pixel 7'] } },
  ],
})
