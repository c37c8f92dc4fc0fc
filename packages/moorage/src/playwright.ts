import { siblingModule } from '@moorage/core'
import { createSetup, createWebServer, type Setup, type WebServer } from '@moorage/playwright'
import { provision } from './provision.ts'

export { expect, test } from '@moorage/playwright'
export type { ServiceFixtures, ServiceOptions, WebServerEntry, WebServerOptions } from '@moorage/playwright'

export const moorage: { readonly webServer: WebServer } = {
  /** `webServer: [moorage.webServer(), app]`: starts the services before the app, which sees their variables. */
  webServer: createWebServer(siblingModule(import.meta.url, 'playwright-holder')),
}

const setup: Setup = createSetup(provision)

// Playwright asks a global setup for its default export.
export default setup
