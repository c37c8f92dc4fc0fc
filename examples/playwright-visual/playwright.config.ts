import { defineConfig, devices } from '@playwright/test'

export default defineConfig({
  testDir: 'tests',
  globalSetup: 'moorage/playwright',
  // No platform in the path: the same browser renders on every machine.
  snapshotPathTemplate: '{testDir}/__screenshots__/{projectName}/{testFilePath}/{arg}{ext}',
  projects: [
    { name: 'desktop', use: { viewport: { width: 960, height: 640 } } },
    { name: 'phone', use: { ...devices['Pixel 7'] } },
  ],
})
