import { defineConfig } from '@playwright/test'
import { moorage } from 'moorage/playwright'

export default defineConfig({ testDir: 'tests', webServer: [moorage.webServer()] })
