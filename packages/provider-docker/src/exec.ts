import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ExecResult } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'

/** Runs a command in a container. Rejects with the reason of the signal when it aborts. */
export async function execInUnit(
  { dockerode }: Client,
  { containerId, command }: { readonly containerId: string; readonly command: readonly string[] },
  signal: AbortSignal,
): Promise<ExecResult> {
  const exec = await dockerode
    .getContainer(containerId)
    .exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })
  const source = (await exec.start({ hijack: true, stdin: false })) as unknown as Readable
  const out = new PassThrough()
  const err = new PassThrough()
  dockerode.modem.demuxStream(source, out, err)
  const onAbort = (): void => void source.destroy(signal.reason as Error)
  signal.addEventListener('abort', onAbort, { once: true })
  const endBoth = (): void => {
    out.end()
    err.end()
  }
  source.once('end', endBoth).once('close', endBoth).on('error', endBoth)
  const [stdout, stderr] = await Promise.all([text(out), text(err)])
  signal.removeEventListener('abort', onAbort)
  signal.throwIfAborted()
  const { ExitCode } = await exec.inspect()
  return { code: ExitCode ?? -1, stdout, stderr }
}
