import { expect, test } from 'vitest'
import { requireNode } from '../../../packages/core/src/config/require-node.ts'
import { thrownMessage } from '../../thrown-error.ts'

test.each(['20.20.2', '22.17.1'])('Node %s is refused', async (version) => {
  expect(await thrownMessage(() => requireNode(version))).toBe(
    `USAGE\nmoorage needs Node 22.18 or later. This is v${version}.\nInstall a newer Node, or make the command that runs the tests use it.`,
  )
})

test.each(['22.18.0', '24.0.0', '26.1.0'])('Node %s is accepted', (version) => {
  expect(() => requireNode(version)).not.toThrow()
})
