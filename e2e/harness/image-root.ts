import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ImageRoot extends Disposable {
  readonly folder: string
  /** Runs the image's Chromium, with its libraries and fonts, as a process of this machine. */
  readonly chromium: string
}

/** The root file system of an image in a folder. Linux, root, and the test bed's engine. */
export function openImageRoot(image: string): ImageRoot {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-root-'))
  const root = join(folder, 'root')
  const chromium = join(folder, 'chromium')
  mkdirSync(root)
  const unpack =
    'id=$(docker create "$1") && docker export "$id" | tar -xf - -C "$2"; code=$?; docker rm "$id" >/dev/null; exit $code'
  const { status, stderr } = spawnSync('sh', ['-c', unpack, 'sh', image, root], { encoding: 'utf8' })
  if (status !== 0) throw new RangeError(`${image} could not be unpacked: ${stderr}`)
  // Mounts of its own, which end with it; /tmp holds the profile that Playwright makes.
  const enter = `mount --bind /tmp ${root}/tmp && mount --rbind /dev ${root}/dev && mount -t proc proc ${root}/proc && exec chroot ${root} /usr/lib/chromium/chromium "$@"`
  writeFileSync(chromium, `#!/bin/sh\nexec unshare --mount --propagation private sh -c '${enter}' sh "$@"\n`, {
    mode: 0o755,
  })
  return { folder: root, chromium, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}
