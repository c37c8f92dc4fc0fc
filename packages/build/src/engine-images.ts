import type { Readable } from 'node:stream'
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

/** Loads an archive of `docker save` into an engine. Rejects with what the engine reports. */
export async function loadImage(host: string, archive: Readable, signal: AbortSignal): Promise<void> {
  const { status, text } = await upload(host, { path: '/images/load?quiet=1', body: archive, signal })
  const error = text.match(/"error":\s*"((?:[^"\\]|\\.)*)"/)?.[1] ?? (status >= 300 ? text.trim() : undefined)
  if (error !== undefined) throw new RangeError(error)
}

/** Removes a tag, and the image with its parents if that was the last one. An image that is missing is no failure. */
export async function removeImage(host: string, image: string, signal: AbortSignal): Promise<void> {
  const path = `/images/${encodeURIComponent(image)}?force=1`
  const { status, text } = await engineOf(host).call({ method: 'DELETE', path, signal })
  if (status >= 300 && status !== 404) throw new RangeError(`the image ${image} could not be removed: ${text.trim()}`)
}
