import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentOwner, type Provider, type Session, type Unit, type UnitSpec } from '@moorage/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provider as docker } from '../../packages/provider-docker/src/provider.ts'
import { provider as kubernetes } from '../../packages/provider-kubernetes/src/provider.ts'
import { kubeconfig, missing } from '../../e2e/harness/engine.ts'
import { pauseImage } from '../../e2e/testbed/kubernetes-paths.ts'
import { thrownMessage } from '../thrown-error.ts'

const root = process.cwd()
const engines: readonly { readonly name: 'docker' | 'kubernetes'; readonly create: () => Provider }[] = [
  { name: 'docker', create: () => docker({}, { root }) },
  { name: 'kubernetes', create: () => kubernetes({ context: 'testbed', kubeconfig: kubeconfig('admin') }, { root }) },
]
const { signal } = new AbortController()

// `files` mean the same on every engine that runs images.
for (const { name, create } of engines) {
  const reason = missing(name)
  describe.skipIf(reason)(`files on ${name}${reason ? ` (${reason})` : ''}`, () => {
    let session: Session
    let folder: string
    const notices: string[] = []

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'moorage-files-'))
      mkdirSync(join(folder, 'site/inner'), { recursive: true })
      writeFileSync(join(folder, 'site/.hidden'), 'hidden')
      writeFileSync(join(folder, 'site/inner/run.sh'), '#!/bin/sh\necho it runs', { mode: 0o755 })
      const id = `files-${randomBytes(4).toString('hex')}`
      const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root, cache: '' }
      const notice = (text: string): void => void notices.push(text)
      session = await create().open(run, { phase: () => {}, journal: () => {}, notice }, signal)
    })
    afterAll(async () => {
      await session.close()
      rmSync(folder, { recursive: true })
    })

    let count = 0
    const start = (container: Partial<NonNullable<UnitSpec['container']>>): Promise<Unit> =>
      session.start(
        {
          name: `s${count++}`,
          ports: {},
          env: {},
          sensitive: [],
          container: { image: 'busybox:1.37', command: ['sleep', '1000'], ...container },
        },
        signal,
      )
    const shell = async (unit: Unit, script: string): Promise<string> => {
      const result = await unit.exec?.(['sh', '-c', script], signal)
      return `${result?.stdout}${result?.stderr}`.trim()
    }

    test.concurrent('a folder merges into that of the image, and is writable', async () => {
      const unit = await start({ files: { '/etc': { source: join(folder, 'site') } } })
      expect(await shell(unit, 'head -c 4 /etc/passwd; echo; cat /etc/.hidden; echo; /etc/inner/run.sh')).toBe(
        'root\nhidden\nit runs',
      )
      expect(
        await shell(unit, 'echo more >> /etc/.hidden; echo new > /etc/inner/new; cat /etc/.hidden /etc/inner/new'),
      ).toBe('hiddenmore\nnew')
    })

    test.concurrent('a file of its own leaves its neighbours, and is writable', async () => {
      const unit = await start({ files: { '/etc/app.conf': { content: 'a=1\n' } } })
      expect(await shell(unit, 'head -c 4 /etc/passwd; echo; echo b=2 >> /etc/app.conf; cat /etc/app.conf')).toBe(
        'root\na=1\nb=2',
      )
    })

    test.concurrent('files are there when the main process starts', async () => {
      const command = ['sh', '-c', 'tail -c 4 /srv/a > /tmp/early 2>&1; sleep 1000']
      // By a Secret and by an upload.
      for (const content of ['a=1\n', `${'x'.repeat(800_000)}b=2\n`]) {
        const unit = await start({ command, files: { '/srv/a': { content } } })
        expect(await shell(unit, 'cat /tmp/early')).toBe(content.trim().slice(-3))
      }
    })

    test.concurrent('files at the top merge as well', async () => {
      const unit = await start({ files: { '/': { source: folder } } })
      expect(await shell(unit, 'cat /site/.hidden; ls -d /bin /etc/passwd')).toBe('hidden/bin\n/etc/passwd')
    })

    test.concurrent('links and large files merge as well', async () => {
      const big = mkdtempSync(join(folder, 'big-'))
      writeFileSync(join(big, 'large'), Buffer.alloc(40 * 1024 * 1024, 'x'))
      symlinkSync('large', join(big, 'link'))
      const unit = await start({ files: { '/etc': { source: big } } })
      expect(await shell(unit, 'head -c 4 /etc/passwd; echo; wc -c < /etc/link; readlink /etc/link')).toBe(
        'root\n41943040\nlarge',
      )
    })

    if (name !== 'kubernetes') return

    test.concurrent('files below a tmpfs are there, and the tmpfs is writable', async () => {
      const unit = await start({
        tmpfs: ['/data'],
        files: { '/data/x': { content: 'x' }, '/data/site': { source: join(folder, 'site') } },
      })
      expect(await shell(unit, 'cat /data/x; echo; cat /data/site/.hidden; echo; touch /data/y && ls /data')).toBe(
        'x\nhidden\nsite\nx\ny',
      )
    })

    test.concurrent('an image without a shell gets its files, and an error where it cannot', async () => {
      await start({ image: pauseImage, command: [], files: { '/etc/app.conf': { content: 'a=1' } } })
      const links = mkdtempSync(join(folder, 'links-'))
      symlinkSync('a', join(links, 'b'))
      expect(
        await thrownMessage(() => start({ image: pauseImage, command: [], files: { '/etc': { source: links } } })),
      ).toMatch(
        /^START_FAILED\nservices\.s\d\.files: the container that receives them ended before they arrived: .*exec: "sh": executable file not found in \$PATH.*\.\nThat container runs sh and cp of /,
      )
    })
  })
}
