import type { Readable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ExecOutput, type ExecResult } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'

/**
 * Runs a command in a container. Rejects with the reason of the signal when it aborts, and with MoorageError (USAGE)
 * when the command writes too much.
 */
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
  const output = new ExecOutput(command)
  let tooMuch: Error | undefined
  const collect = (stream: 'stdout' | 'stderr', bytes: Buffer): void => {
    tooMuch ??= output.add(stream, bytes)
    // The engine stops to read the command's output, which ends the command or blocks it until its container ends.
    if (tooMuch) source.destroy()
  }
  out.on('data', (bytes: Buffer) => collect('stdout', bytes))
  err.on('data', (bytes: Buffer) => collect('stderr', bytes))
  await Promise.all([finished(out), finished(err)])
  signal.removeEventListener('abort', onAbort)
  signal.throwIfAborted()
  if (tooMuch) throw tooMuch
  const { ExitCode } = await exec.inspect()
  return { code: ExitCode ?? -1, stdout: output.stdout, stderr: output.stderr }
}
