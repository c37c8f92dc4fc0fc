import { describe, expect, test } from 'vitest'
import type { ContainerUnit } from '@moorage/core'
import { missing } from '../../e2e/harness/engine.ts'
import { missingEngine } from '../contract/docker-subject.ts'
import { openSession } from './engine-session.ts'

const { signal } = new AbortController()

for (const { name, host, reason } of [
  { name: 'docker', host: process.env['DOCKER_HOST'], reason: missing('docker') },
  {
    name: 'docker on podman',
    host: process.env['MOORAGE_TESTBED_PODMAN'],
    reason: missingEngine('MOORAGE_TESTBED_PODMAN'),
  },
]) {
  describe.skipIf(reason)(`tmpfs on ${name}${reason ? ` (${reason})` : ''}`, () => {
    test.each([
      ['without a user', {}, '0:0 x'],
      ['with a user', { user: '999' }, '999:0 x'],
      ['with a user and a group', { user: '999:888' }, '999:888 x'],
    ] satisfies readonly (readonly [string, Partial<ContainerUnit>, string])[])(
      'folders are empty and writable, and hold the files delivered into them, %s',
      async (_what, fields, expected) => {
        const { session } = await openSession(host ?? '')
        try {
          const container: ContainerUnit = {
            image: 'busybox:1.37',
            command: ['sleep', '100'],
            tmpfs: ['/data', '/var/spool/', '/new/deep'],
            files: { '/data/inner/x': { content: 'x' } },
            ...fields,
          }
          const unit = await session.start({ name: 'a', ports: {}, env: {}, sensitive: [], container }, signal)
          const shell = async (script: string): Promise<string> => {
            const { stdout = '', stderr = '' } = (await unit.exec?.(['sh', '-c', script], signal)) ?? {}
            return `${stdout}${stderr}`.trim()
          }
          expect(await shell('echo "$(id -u):$(id -g) $(cat /data/inner/x)"')).toBe(expected)
          expect(
            await shell('ls /var/spool /new/deep; for each in /data /var/spool /new/deep; do touch $each/y; done'),
          ).toBe('/new/deep:\n\n/var/spool:')
        } finally {
          await session.close()
        }
      },
    )
  })
}
