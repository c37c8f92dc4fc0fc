import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { messageOf, MoorageError } from '@moorage/core/provider'
import { engineAt, environmentTls, type Engine } from '@moorage/provider-docker/engine'

export interface EngineUpload {
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly body: Readable
  readonly signal: AbortSignal
  /** Receives the answer piece by piece. */
  onText?(text: string): void
}

export function engineOf(host: string): Engine {
  return engineAt(host, environmentTls(process.env))
}

/** Sends a stream to an engine. Returns the status and the answer. */
export async function upload(
  host: string,
  { path, headers = {}, body, signal, onText }: EngineUpload,
): Promise<{ readonly status: number; readonly text: string }> {
  const { target } = engineOf(host)
  if (!target) throw new RangeError(`the address ${host} is not supported`)
  const { protocol, ...options } = target
  const http = process.getBuiltinModule(protocol === 'https' ? 'node:https' : 'node:http')
  return await new Promise((resolve, reject) => {
    const request = http.request(
      {
        ...options,
        method: 'POST',
        path,
        headers: { 'Content-Type': 'application/x-tar', ...headers },
        agent: false,
        signal,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
          onText?.(part)
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.once('error', reject)
      },
    )
    request.once('error', reject)
    body.once('error', (error) => request.destroy(error))
    body.pipe(request)
  })
}

interface ImageArchive {
  readonly host: string
  /** The key of the service. */
  readonly service: string
  readonly tag: string
  /** Path of a file in the format of `docker save`. */
  readonly archive: string
}

/** Loads an image from a file into an engine. Throws `MoorageError` (BUILD_FAILED) with what the engine reports. */
export async function loadIntoEngine(image: ImageArchive, signal: AbortSignal): Promise<void> {
  const { host, service, tag, archive } = image
  const reported = await upload(host, { path: '/images/load?quiet=1', body: createReadStream(archive), signal }).then(
    ({ status, text }) =>
      text.match(/"error":\s*"((?:[^"\\]|\\.)*)"/)?.[1] ?? (status >= 300 ? text.trim() : undefined),
    (error: unknown) => messageOf(error),
  )
  signal.throwIfAborted()
  if (reported === undefined) return
  throw new MoorageError('BUILD_FAILED', `services.${service}.image: the engine could not load ${tag}.`, {
    service,
    phase: 'build',
    hint: `The engine reports: ${reported}`,
  })
}

/** Removes a tag, and the image with its parents if that was the last one. An image that is missing is no failure. */
export async function removeImage(host: string, image: string, signal: AbortSignal): Promise<void> {
  const path = `/images/${encodeURIComponent(image)}?force=1`
  const { status, text } = await engineOf(host).call({ method: 'DELETE', path, signal })
  if (status >= 300 && status !== 404) throw new RangeError(`the image ${image} could not be removed: ${text.trim()}`)
}
