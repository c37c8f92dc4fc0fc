import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ExecResult } from '@moorage/core'
import type { Client } from './engine/client.ts'

/** Runs a command inside a container. */
export async function execIn(
  { engine }: Client,
  { id, command }: { readonly id: string; readonly command: readonly string[] },
  signal: AbortSignal,
): Promise<ExecResult> {
  const exec = await engine.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })
  const source = (await exec.start({ hijack: true, stdin: false })) as unknown as Readable
  const out = new PassThrough()
  const err = new PassThrough()
  engine.modem.demuxStream(source, out, err)
  const stop = (): void => void source.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  const end = (): void => {
    out.end()
    err.end()
  }
  source.once('end', end).once('close', end).on('error', end)
  const [stdout, stderr] = await Promise.all([text(out), text(err)])
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  const { ExitCode } = await exec.inspect()
  return { code: ExitCode ?? -1, stdout, stderr }
}
