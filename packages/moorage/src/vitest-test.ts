export { expect, test } from '@moorage/vitest/test'
export type { ServiceFixtures } from '@moorage/vitest/test'
