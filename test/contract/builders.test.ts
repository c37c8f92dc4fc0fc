import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provider } from '../../packages/build/src/builders.ts'
import { completeBuild } from '../../packages/core/src/build/complete-build.ts'
import type { Builder, ImageBuild } from '../../packages/core/src/contract/builder.ts'
import type { BuildSpec, ImageStore } from '../../packages/core/src/contract/build-spec.ts'
import { thrownError } from '../thrown-error.ts'

const { env } = process
const host = env['DOCKER_HOST'] ?? ''
const registry = env['MOORAGE_TESTBED_REGISTRY'] ?? ''
const { signal } = new AbortController()
let folder = ''
const run = `ci-builders-${process.pid}`
const pathBefore = env['PATH']

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moorage-builders-'))
  // The bed's programs carry a hash in their names. Docker's own program of Debian contains BuildKit's client.
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const programs = {
    docker: '/usr/bin/docker',
    buildctl: env['MOORAGE_TESTBED_BUILDCTL'],
    nerdctl: env['MOORAGE_TESTBED_NERDCTL'],
  }
  for (const [name, path] of Object.entries(programs)) if (path) symlinkSync(path, join(bin, name))
  // buildah and podman use the settings of the bed's Podman, with a store of their own.
  const settings = join(dirname((env['MOORAGE_TESTBED_PODMAN'] ?? '').replace('unix://', '')), 'podman')
  writeFileSync(
    join(folder, 'storage.conf'),
    `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/storage"\nrunroot = "${folder}/storage-run"\n`,
  )
  env['CONTAINERS_CONF'] = join(settings, 'containers.conf')
  env['CONTAINERS_REGISTRIES_CONF'] = join(settings, 'registries.conf')
  env['CONTAINERS_STORAGE_CONF'] = join(folder, 'storage.conf')
  env['PATH'] = `${bin}:${pathBefore}`
  env['BUILDKIT_HOST'] = env['MOORAGE_TESTBED_BUILDKIT_HOST']
})
afterAll(() => {
  env['PATH'] = pathBefore
  rmSync(folder, { recursive: true, force: true })
})

const ENGINE: ImageStore = { kind: 'engine', host }
const REGISTRY: ImageStore = { kind: 'registry', prefix: registry }
const address = env['MOORAGE_TESTBED_CONTAINERD'] ?? ''
const CONTAINERD: ImageStore = { kind: 'containerd', address, namespace: 'k8s.io' }
const ON_NODE = ['--address', address, '--namespace', 'k8s.io'] as const

interface Subject {
  readonly name: string
  readonly builder: string
  readonly store: ImageStore
  readonly buildKit: boolean
  /** Whether its release of BuildKit knows heredocs. */
  readonly heredocs: boolean
}

const SUBJECTS: readonly Subject[] = [
  { name: 'docker', builder: 'docker', store: ENGINE, buildKit: true, heredocs: false },
  { name: 'docker, for a registry', builder: 'docker', store: REGISTRY, buildKit: true, heredocs: false },
  { name: 'the classic builder', builder: 'engine', store: ENGINE, buildKit: false, heredocs: false },
  { name: 'buildctl', builder: 'buildctl', store: ENGINE, buildKit: true, heredocs: true },
  { name: 'buildctl, for a registry', builder: 'buildctl', store: REGISTRY, buildKit: true, heredocs: true },
  { name: 'buildah, for a registry', builder: 'buildah', store: REGISTRY, buildKit: false, heredocs: false },
  { name: 'buildah', builder: 'buildah', store: ENGINE, buildKit: false, heredocs: false },
  { name: 'podman, for a registry', builder: 'podman', store: REGISTRY, buildKit: false, heredocs: false },
  { name: 'nerdctl', builder: 'nerdctl', store: CONTAINERD, buildKit: true, heredocs: true },
]

let contexts = 0
function context(files: { readonly [path: string]: string }): string {
  const root = join(folder, `context-${contexts++}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const { builders } = provider({}, { root: '/' })

function describeBuild(store: ImageStore, spec: BuildSpec): ImageBuild & { readonly steps: string[] } {
  const completed = completeBuild(spec, { at: 'services.app.image', root: folder, env: { TOKEN: 'open sesame' } })
  const name = `moorage/app:${run}-${completed.digest?.slice(0, 12)}`
  const steps: string[] = []
  return {
    service: 'app',
    spec: completed,
    tag: `${store.kind === 'registry' ? store.prefix : 'localhost'}/${name}`,
    labels: { 'ci-run': '42' },
    store,
    onProgress: (detail) => void steps.push(detail),
    steps,
  }
}

/** What a command prints in a container of the image. */
function output(store: ImageStore, image: string, command: readonly string[]): string {
  if (store.kind === 'containerd') {
    return execFileSync('nerdctl', [...ON_NODE, 'run', '--rm', '--network', 'none', image, ...command], {
      encoding: 'utf8',
    })
  }
  const printed = execFileSync('docker', ['run', '--rm', '--network', 'none', image, ...command], { encoding: 'utf8' })
  // `docker run` pulls what only the registry has.
  if (store.kind === 'registry') execFileSync('docker', ['rmi', image])
  return printed
}

/** Every image and tag of the engine, the registry and the cluster's containerd. */
async function inventory(): Promise<readonly string[]> {
  const engine = execFileSync('docker', [
    'images',
    '--all',
    '--no-trunc',
    '--format',
    '{{.ID}} {{.Repository}}:{{.Tag}}',
  ])
  const nodes = execFileSync('nerdctl', [...ON_NODE, 'images', '--quiet', '--no-trunc'])
  const tags = await fetch(`http://${registry}/v2/moorage/app/tags/list`)
  return [
    ...`${engine}${nodes}`.split('\n').toSorted(),
    JSON.stringify(((await tags.json()) as { tags?: unknown }).tags ?? []),
  ]
}

test.skipIf(!env['MOORAGE_TESTBED_BUILDCTL']).each(['docker', 'buildctl'])(
  '%s: a registry that refuses the image is named, and the image is not left',
  async (name) => {
    const refusing = createServer((request, response) => {
      // It has no layer yet. Docker repeats a push for almost a minute after any other refusal than 401.
      const status = request.method === 'HEAD' ? 404 : request.url === '/v2/' ? 200 : 401
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end('{"errors":[{"code":"UNAUTHORIZED","message":"requested access to the resource is denied"}]}')
    }).listen(0, '127.0.0.1')
    await once(refusing, 'listening')
    const refusingAddress = `127.0.0.1:${(refusing.address() as AddressInfo).port}`
    const before = await inventory()
    const builder = builders.get(name) as Builder
    const build = describeBuild(
      { kind: 'registry', prefix: refusingAddress },
      { context: context({ Dockerfile: 'FROM busybox\n' }) },
    )
    try {
      const error = await thrownError(async () => builder.publish(await builder.build(build, signal), build, signal))
      expect(error.message.split('\n')[0]).toBe(`services.app.image: ${name} could not push ${build.tag}.`)
      expect(error.message).toMatch(/denied|401/i)
      expect(error.message.split('\n').at(-1)).toBe('Log in with `docker login`, with an account that may push there.')
    } finally {
      await builder.remove({ tag: build.tag, store: build.store }, signal)
      refusing.close()
    }
    expect(await inventory()).toEqual(before)
  },
)

const DOCKERFILE = `ARG BASE=busybox
FROM \${BASE} AS first
ARG GREETING
RUN echo "$GREETING" > /greeting
FROM busybox AS second
COPY --from=first /greeting /greeting
COPY . /context
FROM second AS third
RUN false
`

describe.skipIf(!env['MOORAGE_TESTBED_BUILDCTL']).each(SUBJECTS)(
  '$name',
  ({ builder: name, store, buildKit, heredocs }) => {
    const builder = builders.get(name) as Builder
    // Only the way of the image differs from store to store.
    const isFirst = SUBJECTS.find((subject) => subject.builder === name)?.store === store

    test('builds a stage with arguments and an ignore file, runs it, and removes it', async () => {
      const before = await inventory()
      const build = describeBuild(store, {
        context: context({
          'build/Dockerfile': DOCKERFILE,
          '.dockerignore': 'secret\n!secret/public\n**/*.log\n',
          'src/a': 'a',
          'src/x.log': 'x',
          'secret/key': 'k',
          'secret/public': 'p',
        }),
        dockerfile: 'build/Dockerfile',
        target: 'second',
        args: { BASE: 'busybox', GREETING: 'hello' },
      })
      expect(await builder.probe(build, signal)).toMatchObject({ ok: true })
      const image = await builder.build(build, signal)
      const reference = await builder.publish(image, build, signal)
      expect(output(store, reference, ['sh', '-c', 'cat /greeting && cd /context && find . -type f | sort'])).toBe(
        'hello\n./.dockerignore\n./build/Dockerfile\n./secret/public\n./src/a\n',
      )
      expect(build.steps.join('\n')).toContain('COPY --from=first /greeting /greeting')
      await builder.remove(image, signal)
      await builder.remove(image, signal)
      expect(await inventory()).toEqual(before)
    })

    test.runIf(isFirst)('shows the failing step with its output and line, and leaves no image', async () => {
      const before = await inventory()
      const dockerfile = 'FROM busybox\nRUN touch /before\n# Fails.\nRUN echo one \\\n  && echo two \\\n  && false\n'
      const build = describeBuild(store, { context: context({ Dockerfile: dockerfile }) })
      const error = await thrownError(() => builder.build(build, signal))
      expect(error.message).toMatch(
        /^services\.app\.image: the build failed at Dockerfile:4: RUN echo one {1,}&& echo two/,
      )
      expect(error.message).toContain('one\n  two')
      expect(await inventory()).toEqual(before)
    })

    test.runIf(buildKit && isFirst)('reads secrets and heredocs, and keeps the secret out of the image', async () => {
      const count = 'wc -c < /run/secrets/token > /length'
      const step = heredocs ? `<<EOF\n${count}\nEOF\n` : count
      const dockerfile = `FROM busybox\nRUN --mount=type=secret,id=token ${step}\n`
      const build = describeBuild(store, {
        context: context({ README: '' }),
        dockerfileInline: dockerfile,
        secrets: { token: { env: 'TOKEN' } },
      })
      const image = await builder.build(build, signal)
      try {
        const reference = await builder.publish(image, build, signal)
        expect(output(store, reference, ['cat', '/length'])).toBe('11\n')
      } finally {
        await builder.remove(image, signal)
      }
    })
  },
)
