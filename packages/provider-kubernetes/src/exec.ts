import type { IncomingMessage } from 'node:http'
import { ExecOutput, isMoorageError, messageOf, MoorageError, type ExecResult } from '@moorage/core/provider'
import { parseBody, readText, type ApiClient } from './api/client.ts'
import type { Status } from './api/types.ts'
import type { ServicePod } from './pod/pod-ref.ts'
import type { WebSocket } from './vendor/websocket.ts'

// The remotecommand protocols and their channels; only v5 has CLOSE, which ends the channel that its payload names.
// Source: k8s.io/apimachinery/pkg/util/remotecommand.
const PROTOCOL = 'v4.channel.k8s.io'
const PROTOCOL_WITH_CLOSE = 'v5.channel.k8s.io'
const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const CLOSE = 255

// The API server closes the connection at frames above 32 MiB, and small frames are slow.
const MAX_FRAME_BYTES = 64 * 1024

// The exit codes of a shell. Source: POSIX, "Exit Status for Commands".
const NOT_EXECUTABLE = 126
const COMMAND_NOT_FOUND = 127

export interface ExecOptions {
  /** Default: `main`. */
  readonly container?: string
  readonly command: readonly string[]
  /** Sent to standard input while it is read, and then closed. Default: no standard input. */
  readonly input?: AsyncIterable<Uint8Array>
}

/**
 * Runs a command inside a container of a pod. A command that cannot run ends with code 126 or 127, like in a shell.
 *
 * Throws MoorageError (START_FAILED without the permission, USAGE when the command writes too much, else
 * PROVIDER_LOST), the error of the input, or the reason of the signal. A connection that ends before the result has
 * arrived is an error: the command may have done part of its work.
 */
export async function execInUnit(
  client: ApiClient,
  pod: ServicePod,
  options: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> {
  try {
    return await execOnce(client, pod, options, signal)
  } catch (error) {
    if (!isMoorageError(error) || error.cause !== 401) throw error
    // The credentials have expired since they were read.
    await client.refreshCredentials()
    return await execOnce(client, pod, options, signal)
  }
}

async function execOnce(
  client: ApiClient,
  pod: ServicePod,
  { container = 'main', command, input }: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> {
  signal.throwIfAborted()
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true', stdin: String(input !== undefined) })
  for (const argument of command) query.append('command', argument)
  const socket = await client.openWebSocket(
    `/api/v1/namespaces/${pod.namespace}/pods/${pod.pod}/exec?${query}`,
    input ? PROTOCOL_WITH_CLOSE : PROTOCOL,
  )
  const output = new ExecOutput(command)
  let status = ''
  const closed = Promise.withResolvers<void>()
  const onAbort = (): void => {
    closed.reject(signal.reason)
    socket.terminate()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('message', (data: Buffer) => {
    const [channel] = data
    if (channel === ERROR) status += data.toString('utf8', 1)
    if (channel !== STDOUT && channel !== STDERR) return
    const tooMuch = output.add(channel === STDOUT ? 'stdout' : 'stderr', data.subarray(1))
    if (!tooMuch) return
    closed.reject(tooMuch)
    socket.terminate()
  })
  socket.on('error', (error: Error) => closed.reject(execError(pod, messageOf(error))))
  socket.once('unexpected-response', (request, response) => {
    void toHandshakeError(pod, response).then((error) => {
      closed.reject(error)
      request.destroy()
    })
  })
  socket.once('close', (code: number) => {
    if (!status) closed.reject(execError(pod, `the connection was interrupted (code ${code})`))
    closed.resolve()
  })
  if (input) {
    socket.once('open', () => {
      sendInput(socket, input).catch((error: unknown) => {
        closed.reject(error)
        socket.terminate()
      })
    })
  }
  await closed.promise.finally(() => signal.removeEventListener('abort', onAbort))
  const { code, problem } = parseExit(status)
  const { stdout, stderr } = output
  return { code, stdout, stderr: problem === undefined ? stderr : `${stderr}${problem}\n` }
}

/** Reads the last message of the error channel: a `Status`, with the exit code among its causes. */
function parseExit(errorMessage: string): { readonly code: number; readonly problem?: string } {
  const { status, message = '', details } = parseBody(errorMessage) as Status
  if (status === 'Success') return { code: 0 }
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  if (code !== undefined) return { code: Number(code) }
  if (/executable file not found|no such file or directory/.test(message))
    return { code: COMMAND_NOT_FOUND, problem: message }
  return { code: NOT_EXECUTABLE, problem: message }
}

/** Sends the input in frames, each when the one before has left, so that no more than one is in memory. */
async function sendInput(socket: WebSocket, input: AsyncIterable<Uint8Array>): Promise<void> {
  // A send fails when the command has ended without reading to the end; its result says why.
  const send = (frame: Buffer): Promise<void> => new Promise((resolve) => socket.send(frame, () => resolve()))
  for await (const frame of toFrames(input)) {
    if (socket.readyState !== socket.OPEN) return
    await send(frame)
  }
  await send(Buffer.of(CLOSE, STDIN))
}

async function* toFrames(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let frame = Buffer.allocUnsafe(MAX_FRAME_BYTES)
  frame[0] = STDIN
  let length = 1
  for await (const chunk of input) {
    for (let offset = 0; offset < chunk.length;) {
      const copied = Math.min(chunk.length - offset, MAX_FRAME_BYTES - length)
      frame.set(chunk.subarray(offset, offset + copied), length)
      offset += copied
      length += copied
      if (length < MAX_FRAME_BYTES) continue
      yield frame
      frame = Buffer.allocUnsafe(MAX_FRAME_BYTES)
      frame[0] = STDIN
      length = 1
    }
  }
  if (length > 1) yield frame.subarray(0, length)
}

async function toHandshakeError(pod: ServicePod, response: IncomingMessage): Promise<MoorageError> {
  const body = parseBody(await readText(response).catch(() => '')) as Status
  const { message = `status ${String(response.statusCode)}` } = body
  if (response.statusCode !== 403) return execError(pod, message, response.statusCode)
  return new MoorageError(
    'START_FAILED',
    `services.${pod.service}: this user may not run commands in pods of namespace ${pod.namespace}: ${message}.`,
    {
      service: pod.service,
      provider: 'kubernetes',
      cause: 403,
      hint:
        `Grant it with: kubectl create role moorage-exec -n ${pod.namespace} --verb=get,create ` +
        '--resource=pods/exec',
    },
  )
}

function execError({ service }: ServicePod, problem: string, cause?: unknown): MoorageError {
  return new MoorageError(
    'PROVIDER_LOST',
    `services.${service}: the cluster could not run a command in it: ${problem}.`,
    { service, provider: 'kubernetes', cause },
  )
}
