import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { dockerBuilder } from '../../packages/build/src/builders/docker.ts'
import type { ImageBuild } from '../../packages/core/src/contract/builder.ts'

const { signal } = new AbortController()

/** A stand-in for the program docker, of version 20.10: it writes down how it is called. */
function standIn(buildx: 'installed' | 'missing'): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-docker-'))
  const calls = join(folder, 'calls')
  const script = `#!/bin/sh
[ "$*" != "--version" ] || { echo "Docker version 20.10.24"; exit; }
[ "$*" != "buildx version" ] || exit ${buildx === 'installed' ? 0 : 1}
echo "$*" >> ${calls}
`
  writeFileSync(join(folder, 'docker'), script)
  chmodSync(join(folder, 'docker'), 0o755)
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })
  return () => readFileSync(calls, 'utf8')
}

const build: ImageBuild = {
  service: 'app',
  spec: { context: '/context', dockerfile: '/context/Dockerfile' },
  tag: 'localhost/app:1',
  labels: {},
  store: { kind: 'engine', host: 'unix:///run/docker.sock' },
  onProgress: () => {},
}

test.each([
  [
    'installed',
    'buildx build --load --provenance=false --progress plain --tag localhost/app:1 --file /context/Dockerfile /context\n',
  ],
  ['missing', 'build --progress plain --tag localhost/app:1 --file /context/Dockerfile /context\n'],
] as const)('docker 20.10 with buildx %s builds', async (buildx, expected) => {
  const calls = standIn(buildx)
  const builder = dockerBuilder()
  expect(await builder.probe(build, signal)).toEqual({ ok: true, detail: 'docker 20.10.24' })
  expect(await builder.build(build, signal)).toEqual({ tag: build.tag, store: build.store })
  expect(calls()).toBe(expected)
})
