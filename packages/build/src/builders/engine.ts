import type { Builder, ImageBuild } from '@moorage/core/build'
import { messageOf } from '@moorage/core/provider'
import { buildKitOptions, dockerfileName } from '../build-arguments.ts'
import { toBuildError } from '../build-error.ts'
import { packContext } from '../pack-context.ts'
import { engineOf, removeImage, upload } from '../engine-images.ts'
import { BUILD_LABEL, removeDangling, removeInterrupted } from '../remove-dangling-images.ts'
import { reportStep } from './docker.ts'

/** The classic builder of an engine with Docker's API, which needs no program. */
export function engineBuilder(): Builder {
  return {
    async probe({ store, spec }, signal) {
      if (store.kind !== 'engine')
        return { ok: false, reason: 'it only builds for its own engine', fix: 'Use it with the provider docker.' }
      const missing = buildKitOptions(spec)
      if (missing.length)
        return {
          ok: false,
          reason: `it has no BuildKit, which ${missing.join(', ')} need`,
          fix: 'Install the buildx plugin.',
        }
      try {
        const { status } = await engineOf(store.host).call({ method: 'GET', path: '/_ping', signal })
        if (status === 200) return { ok: true, detail: `classic builder at ${store.host}` }
        return { ok: false, reason: `the engine answers ${status}`, fix: 'Check the engine.' }
      } catch (error) {
        return { ok: false, reason: `no engine answers at ${store.host} (${messageOf(error)})`, fix: 'Start it.' }
      }
    },
    async build(build, signal) {
      const { tag, store, spec } = build
      if (store.kind !== 'engine') throw new RangeError('the classic builder only builds for its own engine')
      const since = await engineTime(store.host, signal)
      let output = ''
      let rest = ''
      const onText = (text: string): void => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines.filter((each) => each.trim())) output += readEvent(line, build)
      }
      const body = packContext(spec, [BUILD_LABEL, tag])
      const { status, text } = await upload(store.host, { path: `/build?${query(build)}`, body, signal, onText }).catch(
        async (error: unknown) => {
          await removeDangling(store.host, { output, since })
          throw error
        },
      )
      if (rest.trim()) output += readEvent(rest, build)
      // After a success, these are the last images of the other stages.
      await removeDangling(store.host, { output, since })
      if (status < 300 && !/^ERROR: /m.test(output)) return { tag, store }
      throw toBuildError('the engine', build, status < 300 ? output : `ERROR: ${engineMessage(text)}`)
    },
    publish: ({ tag }) => Promise.resolve(tag),
    async remove({ tag, store }, signal) {
      if (store.kind !== 'engine') return
      await removeImage(store.host, tag, signal)
      await removeInterrupted(store.host, tag)
    },
  }
}

/** One line of the answer as text. An error becomes the last line. */
function readEvent(line: string, { onProgress }: ImageBuild): string {
  const { stream = '', error } = JSON.parse(line) as { readonly stream?: string; readonly error?: string }
  for (const each of stream.split('\n')) reportStep(each, onProgress)
  return error === undefined ? stream : `\nERROR: ${error}\n`
}

function engineMessage(text: string): string {
  try {
    return (JSON.parse(text) as { readonly message: string }).message
  } catch {
    return text.trim()
  }
}

/** Source: Docker Engine API, "Build an image". */
function query({ spec, tag, platform, labels }: ImageBuild): string {
  return new URLSearchParams({
    t: tag,
    dockerfile: dockerfileName(spec),
    rm: '1',
    forcerm: '1',
    buildargs: JSON.stringify(spec.args ?? {}),
    labels: JSON.stringify({ ...spec.labels, ...labels }),
    ...(spec.target === undefined ? {} : { target: spec.target }),
    ...(platform === undefined ? {} : { platform }),
    ...(spec.noCache ? { nocache: '1' } : {}),
    ...(spec.pull ? { pull: '1' } : {}),
    ...(spec.network === undefined ? {} : { networkmode: spec.network }),
    ...(spec.cacheFrom ? { cachefrom: JSON.stringify(spec.cacheFrom) } : {}),
    ...(spec.extraHosts
      ? { extrahosts: JSON.stringify(Object.entries(spec.extraHosts).map(([name, address]) => `${name}:${address}`)) }
      : {}),
  }).toString()
}

/** Seconds by the engine's clock. */
async function engineTime(host: string, signal: AbortSignal): Promise<number> {
  const { text } = await engineOf(host).call({ method: 'GET', path: '/info', signal })
  return Math.floor(Date.parse((JSON.parse(text) as { readonly SystemTime: string }).SystemTime) / 1000)
}
