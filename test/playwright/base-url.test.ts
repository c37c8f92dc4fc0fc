import { expect, test } from 'vitest'
import { thrownMessage } from '../thrown-error.ts'
import { resolveBaseUrl } from '../../packages/playwright/src/base-url.ts'

const db = { url: 'postgres://127.0.0.1:1/test' }
const site = { url: 'http://127.0.0.1:2' }
const api = { url: 'http://127.0.0.1:3' }

test.each<[what: string, services: object, baseService: string | undefined, url: string | undefined]>([
  ['the service that the option names', { web: site, api }, 'api', api.url],
  ['the service called web', { api, web: site }, undefined, site.url],
  ['the only service with an http URL', { db, pages: site }, undefined, site.url],
  ['none of two services with an http URL', { pages: site, api }, undefined, undefined],
  ['none without an http URL', { db }, undefined, undefined],
])('%s', (_what, services, baseService, url) => {
  expect(resolveBaseUrl(services, baseService)).toBe(url)
})

test.each([
  ['wbe', 'USAGE\nuse.baseService: services.wbe is not running here.\nThe services are web, app.'],
  ['app', 'USAGE\nuse.baseService: services.app has no URL.\nThe services are web, app.'],
])('baseService: %s', async (name, text) => {
  expect(await thrownMessage(() => resolveBaseUrl({ web: site, app: {} }, name))).toBe(text)
})
