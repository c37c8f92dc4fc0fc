import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { provider } from '../../packages/build/src/builders.ts'
import { completeBuild } from '../../packages/core/src/build/complete-build.ts'
import type { BuildSpec } from '../../packages/core/src/contract/build-spec.ts'
import type { Bench } from './result.ts'
import { run } from './subject.ts'

const FILES = 1_000
let round = 0

/** A build with one changed file, and the same without a change, beside the builders' own programs. */
export const builds: Bench = {
  name: 'builds',
  title: `One changed file of ${FILES}: from the files to a tagged image, and removed`,
  subjects: {
    'docker build': () =>
      timed('docker build', async (folder) => {
        await run(['docker', 'build', '--progress', 'plain', '--tag', 'localhost/bench:raw', folder])
        await run(['docker', 'image', 'rm', '--force', 'localhost/bench:raw'])
      }),
    'moorage with docker': () => timed('moorage with docker', (folder) => moorage('docker', folder)),
    buildctl: () =>
      timed('buildctl', async (folder) => {
        await run(['sh', '-c', LOADED, 'sh', folder])
        await run(['docker', 'image', 'rm', '--force', 'localhost/bench:raw'])
      }),
    'moorage with buildctl': () => timed('moorage with buildctl', (folder) => moorage('buildctl', folder)),
    'unchanged context, joined': joined,
    'unchanged context, new run': newRun,
  },
  targets: [
    { subject: 'moorage with docker', beside: 'docker build', limit: 1.1 },
    { subject: 'moorage with buildctl', beside: 'buildctl', limit: 1.1 },
    { subject: 'unchanged context, joined', limit: 300 },
    { subject: 'unchanged context, new run', limit: 300 },
  ],
}

const LOADED = `buildctl build --progress=plain --frontend=dockerfile.v0 --local=context=$1 --local=dockerfile=$1 \\
  --output=type=docker,name=localhost/bench:raw,dest=$1.tar && docker load --quiet --input $1.tar`

async function timed(name: string, work: (folder: string) => Promise<void>): Promise<{ [row: string]: number }> {
  return await withContext(async (folder) => {
    const since = performance.now()
    await work(folder)
    return { [name]: performance.now() - since }
  })
}

async function moorage(name: string, folder: string): Promise<void> {
  const builder = provider({}, { root: folder }).builders.get(name)
  if (!builder) throw new RangeError(`no builder ${name}`)
  const { signal } = new AbortController()
  const store = { kind: 'engine', host: process.env['DOCKER_HOST'] ?? '' } as const
  const build = {
    service: 'app',
    spec: complete(folder),
    tag: 'localhost/bench:moorage',
    labels: {},
    store,
    onProgress: () => {},
  }
  const probe = await builder.probe(build, signal)
  if (!probe.ok) throw new RangeError(probe.reason)
  const image = await builder.build(build, signal)
  await builder.publish(image, build, signal)
  await builder.remove(image, signal)
}

/** What a run costs that joins one whose image it needs: the digest of the context. */
async function joined(): Promise<{ [row: string]: number }> {
  return await withContext((folder) => {
    const since = performance.now()
    complete(folder)
    return Promise.resolve({ 'unchanged context, joined': performance.now() - since })
  })
}

/** What the next run costs, when the image of the run before is gone: the builder's cache has every step. */
async function newRun(): Promise<{ [row: string]: number }> {
  return await withContext(async (folder) => {
    await moorage('docker', folder)
    const since = performance.now()
    await moorage('docker', folder)
    return { 'unchanged context, new run': performance.now() - since }
  })
}

function complete(folder: string): BuildSpec {
  return completeBuild({ context: folder }, { at: 'services.app.image', root: folder, env: {} })
}

/** Also puts the bed's programs, whose names carry a hash, onto the PATH. */
async function withContext<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'moorage-bench-'))
  const folder = join(root, 'context')
  const path = process.env['PATH']
  try {
    mkdirSync(folder)
    symlinkSync('/usr/bin/docker', join(root, 'docker'))
    symlinkSync(process.env['MOORAGE_TESTBED_BUILDCTL'] ?? '/nowhere', join(root, 'buildctl'))
    Object.assign(process.env, {
      PATH: `${root}:${path}`,
      BUILDKIT_HOST: process.env['MOORAGE_TESTBED_BUILDKIT_HOST'],
      DOCKER_BUILDKIT: '1',
    })
    for (let i = 0; i < FILES; i++) writeFileSync(join(folder, `file-${i}`), `${i}`.repeat(500))
    writeFileSync(join(folder, 'changed'), `${process.pid} ${round++}`)
    writeFileSync(join(folder, 'Dockerfile'), 'FROM busybox:1.37\nRUN true\nCOPY . /app\n')
    return await work(folder)
  } finally {
    process.env['PATH'] = path
    rmSync(root, { recursive: true, force: true })
  }
}
