import { createReadStream, readFileSync } from 'node:fs'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contextFiles, type BuildSpec } from '@moorage/core/build'
import { dockerfileName } from './build-arguments.ts'
import { labelStages } from './label-stages.ts'
import { pack, type Pack } from './vendor/tar.ts'

/**
 * The context of a build as an archive, with the Dockerfile even where it is ignored or stands elsewhere. The image of
 * each step gets the label.
 */
export function packContext(spec: BuildSpec, label: readonly [name: string, value: string]): Readable {
  const archive = pack()
  const stream = new PassThrough()
  archive.on('error', (error: Error) => stream.destroy(error))
  addFiles(archive, spec, label).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new RangeError(String(error))),
  )
  return archive.pipe(stream)
}

async function addFiles(archive: Pack, spec: BuildSpec, label: readonly [name: string, value: string]): Promise<void> {
  const name = dockerfileName(spec)
  const text = spec.dockerfile === undefined ? (spec.dockerfileInline ?? '') : readFileSync(spec.dockerfile, 'utf8')
  archive.entry({ name, mode: 0o644 }, labelStages(text, label))
  for (const { path, absolute, stat, link } of contextFiles(spec.context, spec.dockerfile)) {
    if (path === name) continue
    // Owners differ between machines, and a builder sets root anyway.
    const header = { name: path, mode: stat.mode & 0o7777, mtime: stat.mtime, uid: 0, gid: 0 }
    if (link !== undefined) archive.entry({ ...header, type: 'symlink', linkname: link })
    else if (stat.isDirectory()) archive.entry({ ...header, type: 'directory' })
    else await pipeline(createReadStream(absolute), archive.entry({ ...header, size: stat.size }))
  }
}
