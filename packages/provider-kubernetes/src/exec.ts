import type { IncomingMessage } from 'node:http'
import { messageOf, MoorageError, type ExecResult } from '@moorage/core/provider'
import type { Status } from './api/types.ts'
import { parse, textOf, type Client } from './api/client.ts'
import type { ForwardTarget } from './forward/tunnel.ts'

// Source: Kubernetes' remotecommand protocol, v5.channel.k8s.io: the channels, and CLOSE with the channel's number.
const [STDIN, STDOUT, STDERR, ERROR, CLOSE] = [0, 1, 2, 3, 255]

export interface ExecOptions {
  readonly container?: string
  readonly command: readonly string[]
  /** Sent to its standard input, which then ends. */
  readonly input?: Iterable<Buffer>
}

/** Runs a command inside a pod. */
export async function execIn(
  client: Client,
  at: Pick<ForwardTarget, 'service' | 'namespace' | 'pod'>,
  { container = 'main', command, input }: ExecOptions,
  signal: AbortSignal,
): Promise<ExecResult> {
  signal.throwIfAborted()
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true', stdin: String(input !== undefined) })
  for (const part of command) query.append('command', part)
  const socket = await client.socket(
    `/api/v1/namespaces/${at.namespace}/pods/${at.pod}/exec?${query}`,
    input ? 'v5.channel.k8s.io' : 'v4.channel.k8s.io',
  )
  const out: { [channel: number]: Buffer[] } = { [STDOUT]: [], [STDERR]: [], [ERROR]: [] }
  const ended = Promise.withResolvers<void>()
  const onAbort = (): void => {
    ended.reject(signal.reason)
    socket.terminate()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('message', (data: Buffer) => void out[data[0] ?? STDOUT]?.push(data.subarray(1)))
  socket.on('error', (error: Error) => ended.reject(failed(at, messageOf(error))))
  socket.once('unexpected-response', (request, response) => {
    void refusal(at, response).then((error) => {
      ended.reject(error)
      request.destroy()
    })
  })
  socket.once('close', () => ended.resolve())
  if (input) {
    socket.once('open', () => {
      for (const part of input) socket.send(Buffer.concat([Buffer.of(STDIN), part]))
      socket.send(Buffer.of(CLOSE, STDIN))
    })
  }
  await ended.promise.finally(() => signal.removeEventListener('abort', onAbort))
  const text = (channel: number): string => Buffer.concat(out[channel] ?? []).toString()
  const { code, said } = exitOf(text(ERROR))
  return { code, stdout: text(STDOUT), stderr: said === undefined ? text(STDERR) : `${text(STDERR)}${said}\n` }
}

/** The last word on the error channel: a Status, with the exit code among its causes. */
function exitOf(word: string): { readonly code: number; readonly said?: string } {
  const { status, message = '', details } = parse(word) as Status
  if (status === 'Success') return { code: 0 }
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  if (code !== undefined) return { code: Number(code) }
  // As a shell has it: not found, or not to be run.
  if (/executable file not found|no such file or directory/.test(message)) return { code: 127, said: message }
  return { code: 126, said: message || 'the connection broke off' }
}

async function refusal(
  at: Pick<ForwardTarget, 'service' | 'namespace'>,
  response: IncomingMessage,
): Promise<MoorageError> {
  const { message = `status ${String(response.statusCode)}` } = parse(await textOf(response).catch(() => '')) as Status
  if (response.statusCode !== 403) return failed(at, message)
  return new MoorageError(
    'START_FAILED',
    `services.${at.service}: this user may not run commands in pods of namespace ${at.namespace}: ${message}.`,
    {
      service: at.service,
      provider: 'kubernetes',
      cause: 403,
      hint: `It needs: kubectl create role moorage-exec -n ${at.namespace} --verb=get,create --resource=pods/exec`,
    },
  )
}

function failed({ service }: Pick<ForwardTarget, 'service'>, said: string): MoorageError {
  return new MoorageError('PROVIDER_LOST', `services.${service}: a command inside it could not be run: ${said}.`, {
    service,
    provider: 'kubernetes',
  })
}
