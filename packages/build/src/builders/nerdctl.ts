import { setTimeout as sleep } from 'node:timers/promises'
import type { Builder, ImageStore } from '@moorage/core/build'
import { buildArguments } from '../build-arguments.ts'
import { toBuildError } from '../build-error.ts'
import { runProgram } from '../run-program.ts'
import { reportStep } from './docker.ts'

type ContainerdStore = Extract<ImageStore, { readonly kind: 'containerd' }>

/** `nerdctl build`, which builds with BuildKit and leaves the image in a containerd of this machine. */
export function nerdctlBuilder(): Builder {
  return {
    async probe({ store }, signal) {
      if (store.kind !== 'containerd')
        return {
          ok: false,
          reason: 'it only builds for a containerd of this machine',
          fix: 'Use it where the test and the only node of the cluster are one machine.',
        }
      const { code, output } = await runProgram([...program(store), 'version', '--format', '{{.Client.Version}}'], {
        signal,
      })
      if (code === 'ENOENT')
        return { ok: false, reason: 'the program nerdctl is not on the PATH', fix: 'Install nerdctl.' }
      if (code !== 0)
        return {
          ok: false,
          reason: `containerd${store.address === undefined ? '' : ` at ${store.address}`} cannot be used (${lastLine(output)})`,
          fix: 'Start containerd, or let this user open its socket.',
        }
      const buildKit = await runProgram(['buildctl', 'debug', 'workers'], { signal })
      if (buildKit.code === 'ENOENT')
        return {
          ok: false,
          reason: 'nerdctl needs the program buildctl, which is not on the PATH',
          fix: 'Install BuildKit.',
        }
      if (buildKit.code !== 0)
        return {
          ok: false,
          reason: `no buildkitd answers (${lastLine(buildKit.output)})`,
          fix: 'Start buildkitd, or set BUILDKIT_HOST.',
        }
      return { ok: true, detail: `nerdctl ${output.trim()}` }
    },
    async build(build, signal) {
      const { args, env, input } = buildArguments(build)
      const command = [...program(build.store), 'build', '--progress', 'plain', ...args, build.spec.context]
      const { code, output } = await runProgram(command, {
        env,
        signal,
        owned: true,
        ...(input === undefined ? {} : { input }),
        onLine: (line) => reportStep(line, build.onProgress),
      })
      if (code !== 0) throw toBuildError('nerdctl build', build, output)
      return { tag: build.tag, store: build.store }
    },
    publish: ({ tag }) => Promise.resolve(tag),
    async remove({ tag, store }, signal) {
      const listed = await runProgram([...program(store), 'images', '--quiet', '--no-trunc', tag], { signal })
      const digest = listed.output.match(/^sha256:[0-9a-f]{64}$/m)?.[0]
      if (listed.code === 0 && digest === undefined) return
      // By digest, because a cluster's runtime keeps a second record of each image, under its id.
      await removeUnused([...program(store), 'rmi', '--force', digest ?? tag], signal)
    },
  }
}

// Milliseconds. The container of a deleted pod still runs for its grace period.
const RETRY_INTERVAL_MS = 250
const MAX_WAIT_MS = 45_000

/** Removes an image once no container of it runs any more. */
async function removeUnused(command: readonly string[], signal: AbortSignal): Promise<void> {
  for (const since = performance.now(); ; await sleep(RETRY_INTERVAL_MS, undefined, { signal })) {
    const { code, output } = await runProgram(command, { signal })
    if (code === 0 || /no such image/i.test(output)) return
    const isUsed = /used by running container/i.test(output)
    if (!isUsed || performance.now() - since > MAX_WAIT_MS) throw new RangeError(lastLine(output))
  }
}

function program(store: ImageStore): readonly string[] {
  const { address, namespace } = store as ContainerdStore
  return [
    'nerdctl',
    ...(address === undefined ? [] : ['--address', address]),
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
  ]
}

export function lastLine(output: string): string {
  return output.trim().split(/\r?\n/).at(-1) ?? ''
}
