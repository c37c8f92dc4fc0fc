import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const { env } = process

/** A folder with the programs that build images, under their own names. */
export interface BuildPrograms extends Disposable {
  readonly folder: string
  /** What lets moorage find the programs, and the bed's buildkitd. */
  readonly variables: { readonly PATH: string; readonly BUILDKIT_HOST: string }
}

/** The bed's programs carry a hash in their names. Docker's own program of Debian contains BuildKit's client. */
export function linkBuildPrograms(): BuildPrograms {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-builders-'))
  const programs = {
    docker: '/usr/bin/docker',
    buildctl: env['MOORAGE_TESTBED_BUILDCTL'],
    nerdctl: env['MOORAGE_TESTBED_NERDCTL'],
  }
  for (const [name, path] of Object.entries(programs)) if (path) symlinkSync(path, join(folder, name))
  return {
    folder,
    variables: { PATH: `${folder}:${env['PATH']}`, BUILDKIT_HOST: env['MOORAGE_TESTBED_BUILDKIT_HOST'] ?? '' },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
