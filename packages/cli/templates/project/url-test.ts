import { services } from 'moorage/test'
import { expect, test } from 'vitest'

test('the service has an address', () => {
  expect(services().__service__.url).toMatch(/:\/\//)
})
