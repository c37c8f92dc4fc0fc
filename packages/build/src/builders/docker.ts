import type { Builder, ImageStore } from '@moorage/core/build'
import { buildArguments } from '../build-arguments.ts'
import { toBuildError, toPublishError } from '../build-error.ts'
import { loadIntoNodes, nodesProblem } from '../load-into-nodes.ts'
import { runProgram } from '../run-program.ts'
import { deleteFromRegistry, nameByDigest } from '../registry-manifests.ts'
import { stepOf } from '../parse-steps.ts'

type BuildKit = 'buildx' | 'embedded'

interface FoundDocker {
  readonly version: string
  /** Where BuildKit's client is; undefined where there is none. */
  readonly buildKit?: BuildKit
}

// The last release whose `docker build` contains BuildKit's client. Source: Docker Engine 23.0 release notes.
const LAST_EMBEDDED_MAJOR = 20

/** `docker build` with BuildKit. The engine keeps the build cache. */
export function dockerBuilder(): Builder {
  let found: Promise<FoundDocker | undefined> | undefined
  return {
    async probe({ store }, signal) {
      if (store.kind === 'containerd')
        return { ok: false, reason: 'it has no access to containerd of this machine', fix: NERDCTL_FIX }
      if (store.kind === 'engine' && store.buildKit === false)
        return { ok: false, reason: 'the engine contains no BuildKit', fix: 'Use Docker, or install buildctl.' }
      const docker = await (found ??= findDocker(signal).catch(() => undefined))
      if (!docker)
        return { ok: false, reason: 'the program docker is not on the PATH', fix: "Install Docker's command line." }
      if (!docker.buildKit)
        return {
          ok: false,
          reason: `docker ${docker.version} has no BuildKit, because buildx is missing`,
          fix: 'Install the buildx plugin: https://docs.docker.com/go/buildx.',
        }
      if (store.kind === 'nodes') {
        const problem = await nodesProblem(store, signal)
        if (problem) return problem
      }
      if (store.kind !== 'engine') {
        const { code } = await runProgram(['docker', 'version', '--format', '{{.Server.Version}}'], { signal })
        if (code !== 0)
          return { ok: false, reason: 'no Docker engine answers', fix: 'Start Docker, or set DOCKER_HOST.' }
      }
      return { ok: true, detail: `docker ${docker.version}` }
    },
    async build(build, signal) {
      const { args, env, input } = buildArguments(build)
      // `docker build` of version 20.10 does not use an installed buildx, and does not know its options.
      const isBuildx = (await found)?.buildKit === 'buildx'
      const subcommand = isBuildx ? ['buildx', 'build', '--load', '--provenance=false'] : ['build']
      const command = ['docker', ...subcommand, '--progress', 'plain', ...args, build.spec.context]
      const { code, output } = await runProgram(command, {
        env: { ...engineEnv(build.store), ...env, DOCKER_BUILDKIT: '1' },
        signal,
        owned: true,
        ...(input === undefined ? {} : { input }),
        onLine: (line) => reportStep(line, build.onProgress),
      })
      if (code !== 0) throw toBuildError('docker build', build, output)
      return { tag: build.tag, store: build.store }
    },
    async publish({ tag, store }, { service, onProgress }, signal) {
      if (store.kind === 'nodes') {
        await loadIntoNodes(store, { service, tag, signal })
        return tag
      }
      if (store.kind !== 'registry') return tag
      onProgress(`pushing ${tag}`)
      const { code, output } = await runProgram(['docker', 'push', tag], { signal })
      if (code !== 0) throw toPublishError('docker', { service, action: `push ${tag}`, output })
      return (await nameByDigest(tag, signal)) ?? tag
    },
    async remove({ tag, store }, signal) {
      const { code, output } = await runProgram(['docker', 'image', 'rm', '--force', tag], {
        env: engineEnv(store),
        signal,
      })
      if (code !== 0 && !/no such image/i.test(output)) throw new RangeError(output.trim())
      if (store.kind === 'registry') await deleteFromRegistry(tag, signal)
    },
  }
}

export const NERDCTL_FIX =
  'Install nerdctl and buildkitd, or give a registry: kubernetes({ registry }) or MOORAGE_REGISTRY.'

export function reportStep(line: string, onProgress: (detail: string) => void): void {
  const step = stepOf(line)
  if (step !== undefined) onProgress(step)
}

async function findDocker(signal: AbortSignal): Promise<FoundDocker | undefined> {
  const [client, buildx] = await Promise.all([
    runProgram(['docker', '--version'], { signal }),
    runProgram(['docker', 'buildx', 'version'], { signal }),
  ])
  if (client.code !== 0) return undefined
  const version = client.output.match(/version (\d[\w.+-]*)/)?.[1] ?? ''
  if (buildx.code === 0) return { version, buildKit: 'buildx' }
  return { version, ...(Number.parseInt(version) <= LAST_EMBEDDED_MAJOR ? { buildKit: 'embedded' } : {}) }
}

function engineEnv(store: ImageStore): { readonly DOCKER_HOST?: string } {
  return store.kind === 'engine' ? { DOCKER_HOST: store.host } : {}
}
