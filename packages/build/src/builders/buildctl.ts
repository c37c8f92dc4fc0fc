import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Builder, ImageBuild } from '@moorage/core/build'
import { isLoopback, secretSources } from '../build-arguments.ts'
import { toBuildError, toPublishError } from '../build-error.ts'
import { loadIntoEngine, removeImage } from '../engine-images.ts'
import { runProgram } from '../run-program.ts'
import { deleteFromRegistry } from '../registry-manifests.ts'
import { reportStep } from './docker.ts'
import { lastLine } from './nerdctl.ts'

/** `buildctl`, which talks to a buildkitd of this machine, or to the one at BUILDKIT_HOST. */
export function buildctlBuilder(): Builder {
  return {
    async probe({ store }, signal) {
      if (store.kind !== 'registry' && store.kind !== 'engine')
        return {
          ok: false,
          reason: `it cannot bring images to ${store.kind === 'nodes' ? 'the nodes of a cluster' : 'containerd'}`,
          fix: 'Give a registry: kubernetes({ registry }) or MOORAGE_REGISTRY.',
        }
      const { code, output } = await runProgram(['buildctl', 'debug', 'workers'], { signal })
      if (code === 'ENOENT')
        return { ok: false, reason: 'the program buildctl is not on the PATH', fix: 'Install BuildKit.' }
      if (code !== 0)
        return {
          ok: false,
          reason: `no buildkitd answers (${lastLine(output)})`,
          fix: 'Start buildkitd, or set BUILDKIT_HOST.',
        }
      return { ok: true, detail: 'buildctl' }
    },
    async build(build, signal) {
      const folder = mkdtempSync(join(tmpdir(), 'moorage-build-'))
      try {
        return await buildIn(folder, build, signal)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    publish: ({ tag, digest }, { store }) =>
      Promise.resolve(
        store.kind === 'registry' && digest !== undefined ? `${tag.replace(/:[^:/]+$/, '')}@${digest}` : tag,
      ),
    async remove({ tag, store }, signal) {
      if (store.kind === 'engine') await removeImage(store.host, tag, signal)
      else await deleteFromRegistry(tag, signal)
    },
  }
}

async function buildIn(folder: string, build: ImageBuild, signal: AbortSignal): ReturnType<Builder['build']> {
  const { spec, tag, store } = build
  const archive = join(folder, 'image.tar')
  const metadata = join(folder, 'metadata.json')
  const dockerfile = spec.dockerfile ?? join(folder, 'Dockerfile')
  if (spec.dockerfile === undefined) writeFileSync(dockerfile, spec.dockerfileInline ?? '')
  const secrets = secretSources(spec)
  const output =
    store.kind === 'engine'
      ? `type=docker,name=${tag},dest=${archive}`
      : `type=image,name=${tag},push=true,store=false${isLoopback(tag) ? ',registry.insecure=true' : ''}`
  const command = [
    'buildctl',
    'build',
    '--progress=plain',
    '--frontend=dockerfile.v0',
    `--metadata-file=${metadata}`,
    `--local=context=${spec.context}`,
    `--local=dockerfile=${dirname(dockerfile)}`,
    ...options({ filename: basename(dockerfile), ...frontendOptions(build) }),
    ...secrets.sources.flatMap((source) => ['--secret', source]),
    ...(spec.ssh ?? []).flatMap((source) => ['--ssh', source]),
    ...(spec.cacheFrom ?? []).flatMap((cache) => ['--import-cache', cache]),
    ...(spec.cacheTo ?? []).flatMap((cache) => ['--export-cache', cache]),
    ...Object.entries(spec.additionalContexts ?? {}).flatMap(([name, value]) =>
      value.includes('://')
        ? options({ [`context:${name}`]: value })
        : [...options({ [`context:${name}`]: `local:${name}` }), '--local', `${name}=${value}`],
    ),
    ...(spec.noCache ? ['--no-cache'] : []),
    `--output=${output}`,
  ]
  const result = await runProgram(command, {
    env: secrets.env,
    signal,
    owned: true,
    onLine: (line) => reportStep(line, build.onProgress),
  })
  if (result.code !== 0) throw buildOrPushError(build, result.output)
  if (store.kind === 'engine') await loadIntoEngine({ host: store.host, service: build.service, tag, archive }, signal)
  const digest = (JSON.parse(readFileSync(metadata, 'utf8')) as { 'containerimage.digest'?: string })[
    'containerimage.digest'
  ]
  return { tag, store, ...(digest === undefined ? {} : { digest }) }
}

/** Source: moby/buildkit, docs/reference/frontend "dockerfile.v0". */
function frontendOptions({ spec, platform, labels }: ImageBuild): { readonly [name: string]: string } {
  const prefixed = (
    prefix: string,
    values: { readonly [name: string]: string } = {},
  ): { readonly [name: string]: string } =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value]))
  return {
    ...(spec.target === undefined ? {} : { target: spec.target }),
    ...(platform === undefined ? {} : { platform }),
    ...(spec.pull ? { 'image-resolve-mode': 'pull' } : {}),
    ...(spec.network === undefined ? {} : { 'force-network-mode': spec.network }),
    ...(spec.extraHosts
      ? {
          'add-hosts': Object.entries(spec.extraHosts)
            .map(([name, address]) => `${name}=${address}`)
            .join(','),
        }
      : {}),
    ...prefixed('build-arg', spec.args),
    ...prefixed('label', { ...spec.labels, ...labels }),
  }
}

function options(values: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => ['--opt', `${name}=${value}`])
}

/** BuildKit pushes as its last step. */
function buildOrPushError(build: ImageBuild, output: string): Error {
  return /failed to push|error: failed to solve: failed to (authorize|do request)/i.test(output)
    ? toPublishError('buildctl', { service: build.service, action: `push ${build.tag}`, output })
    : toBuildError('buildctl', build, output)
}
