import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { cutLine, isMoorageError, type LogLine, type LogOptions } from '@moorage/core/provider'
import type { Client } from './api/client.ts'
import type { ForwardTarget } from './forward/tunnel.ts'

/** A pod's lines. The API does not tell stdout from stderr: all count as stdout. */
export async function* readLogs(
  client: Client,
  at: Pick<ForwardTarget, 'namespace' | 'pod'>,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  const over = new AbortController()
  const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  const query = new URLSearchParams({
    container: 'main',
    follow: String(follow),
    ...(tail === undefined ? {} : { tailLines: String(tail) }),
  })
  let rest = ''
  try {
    const source = await begin(client, `/api/v1/namespaces/${at.namespace}/pods/${at.pod}/log?${query}`, {
      follow,
      signal: both,
    })
    if (!source) return
    source.setEncoding('utf8')
    for await (const part of source) {
      const lines = (rest + String(part)).split('\n')
      const cut = cutLine(lines.pop() ?? '')
      rest = cut.rest
      for (const text of lines) yield { stream: 'stdout', text: text.replace(/\r$/, '') }
      for (const text of cut.pieces) yield { stream: 'stdout', text }
    }
    if (rest) yield { stream: 'stdout', text: rest }
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    over.abort()
  }
}

/** The node learns of a start up to a second late, and has no log until then. */
async function begin(
  client: Client,
  path: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): Promise<IncomingMessage | undefined> {
  for (let n = 0; ; n++) {
    try {
      return await client.stream(path, signal)
    } catch (error) {
      if (!isMoorageError(error) || !/is waiting to start|ContainerCreating|PodInitializing/.test(error.message))
        throw error
      if (!follow && n > 40) return undefined
      await sleep(50, undefined, { signal })
    }
  }
}
