import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Builder, ImageBuild } from '@moorage/core/build'
import { buildArguments, isLoopback } from '../build-arguments.ts'
import { toBuildError, toPublishError } from '../build-error.ts'
import { loadIntoEngine, removeImage } from '../engine-images.ts'
import { runProgram } from '../run-program.ts'
import { deleteFromRegistry, nameByDigest } from '../registry-manifests.ts'
import { reportStep } from './docker.ts'

/** `buildah` or `podman`, which build without a daemon into a store of this user. */
export function buildahBuilder(program: 'buildah' | 'podman'): Builder {
  return {
    async probe({ store }, signal) {
      if (store.kind !== 'registry' && store.kind !== 'engine')
        return {
          ok: false,
          reason: `it cannot bring images to ${store.kind === 'nodes' ? 'the nodes of a cluster' : 'containerd'}`,
          fix: 'Give a registry: kubernetes({ registry }) or MOORAGE_REGISTRY.',
        }
      const { code, output } = await runProgram([program, '--version'], { signal })
      if (code === 'ENOENT')
        return { ok: false, reason: `the program ${program} is not on the PATH`, fix: `Install ${program}.` }
      return code === 0
        ? { ok: true, detail: output.trim() }
        : { ok: false, reason: `${program} --version ends with ${code}`, fix: `Repair the installation of ${program}.` }
    },
    async build(build, signal) {
      const { args, env, input } = buildArguments(build)
      const command = [program, 'build', '--layers', ...args, build.spec.context]
      const { code, output } = await runProgram(command, {
        env,
        signal,
        owned: true,
        ...(input === undefined ? {} : { input }),
        onLine: (line) => reportStep(line, build.onProgress),
      })
      if (code !== 0) throw toBuildError(`${program} build`, build, output)
      return { tag: build.tag, store: build.store }
    },
    async publish({ tag, store }, build, signal) {
      if (store.kind === 'engine') {
        await copyToEngine(program, { host: store.host, build, signal })
        return tag
      }
      const verify = isLoopback(tag) ? ['--tls-verify=false'] : []
      const { code, output } = await runProgram([program, 'push', ...verify, tag, `docker://${tag}`], { signal })
      if (code !== 0) throw toPublishError(program, { service: build.service, action: `push ${tag}`, output })
      return (await nameByDigest(tag, signal)) ?? tag
    },
    async remove({ tag, store }, signal) {
      const { code, output } = await runProgram([program, 'rmi', '--force', tag], { signal })
      if (code !== 0 && !/image not known|no such image|unable to find/i.test(output))
        throw new RangeError(output.trim())
      if (store.kind === 'engine') await removeImage(store.host, tag, signal)
      else await deleteFromRegistry(tag, signal)
    },
  }
}

async function copyToEngine(
  program: string,
  { host, build, signal }: { readonly host: string; readonly build: ImageBuild; readonly signal: AbortSignal },
): Promise<void> {
  const { service, tag } = build
  const folder = mkdtempSync(join(tmpdir(), 'moorage-build-'))
  const archive = join(folder, 'image.tar')
  try {
    const { code, output } = await runProgram([program, 'push', '--quiet', tag, `docker-archive:${archive}:${tag}`], {
      signal,
    })
    if (code !== 0) throw toPublishError(program, { service, action: `save ${tag}`, output })
    await loadIntoEngine({ host, service, tag, archive }, signal)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
