import { siblingModule } from '@moorage/core'
import { createSetup, createWebServer, type Setup, type WebServer } from '@moorage/playwright'
import { provision } from './provision.ts'

export { expect, test } from '@moorage/playwright'
export type { ServiceFixtures, ServiceOptions, WebServerEntry, WebServerOptions } from '@moorage/playwright'

export const moorage: { readonly webServer: WebServer } = {
  /**
   * An entry for Playwright's `webServer` that starts the services before the next entries, which get their variables:
   * `webServer: [moorage.webServer(), app]`. Throws `MoorageError` (RUNTIME_UNSUPPORTED) before Playwright 1.57.
   */
  webServer: createWebServer(siblingModule(import.meta.url, 'playwright-web-server-main')),
}

const setup: Setup = createSetup(provision)

// Playwright calls the default export of a global setup.
export default setup
