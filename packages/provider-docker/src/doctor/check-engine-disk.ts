import { statfs } from 'node:fs/promises'
import { freeSpaceResult, type CheckResult } from '@moorage/core/provider'
import type { Engine } from '../engine/engine-address.ts'
import { expectSuccess } from '../engine/call-engine.ts'
import { remoteHost } from '../engine/network.ts'

/** The free space where the engine keeps images and containers, if that is a folder of this machine. */
export async function checkEngineDisk(
  { engine }: { readonly engine: Engine },
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const { text } = await expectSuccess(engine.call({ method: 'GET', path: '/info', signal }))
  const { DockerRootDir: folder } = JSON.parse(text) as { readonly DockerRootDir?: string }
  if (folder === undefined || remoteHost(engine.host) !== undefined) return []
  // An engine in a virtual machine has its folder there.
  const space = await statfs(folder).catch(() => undefined)
  if (!space) return []
  return [
    freeSpaceResult(space, {
      folder,
      use: 'images and containers',
      fix: 'Remove what is unused: docker system prune.',
    }),
  ]
}
