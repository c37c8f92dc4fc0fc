import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@moorage/core'

export type Found =
  | { readonly ok: true; readonly host: string; readonly version: string }
  /** `named`: the user has said where the engine is, so its silence is an error, not an absence. */
  | { readonly ok: false; readonly reason: string; readonly fix: string; readonly named: boolean }

export interface Where {
  readonly host?: string
  readonly env: NodeJS.ProcessEnv
}

// Milliseconds for the engine's answer; it takes two.
const PATIENCE = 5_000

/** The first engine that answers: as named, by DOCKER_HOST, by the Docker context, or at one of the usual sockets. */
export async function findEngine({ host, env }: Where, signal?: AbortSignal): Promise<Found> {
  const named = host ?? (env['DOCKER_HOST'] || contextHost(env))
  if (named !== undefined) return await ping(named, { named: true, ...(signal ? { signal } : {}) })
  const sockets = usualSockets(env).filter((path) => existsSync(path))
  let last: Found = {
    ok: false,
    named: false,
    reason: 'no Docker socket',
    fix: 'start Docker, or set DOCKER_HOST to where its engine listens',
  }
  for (const path of sockets) {
    last = await ping(`unix://${path}`, { named: false, ...(signal ? { signal } : {}) })
    if (last.ok) return last
  }
  return last
}

/** Docker, rootless Docker, Docker Desktop, Colima, Podman. */
function usualSockets(env: NodeJS.ProcessEnv): readonly string[] {
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(process.getuid?.())}`
  const home = homedir()
  return [
    '/var/run/docker.sock',
    join(runtime, 'docker.sock'),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(runtime, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ]
}

/** The host of the chosen Docker context. Source: docker/cli, the context store: the folder is the hash of the name. */
function contextHost(env: NodeJS.ProcessEnv): string | undefined {
  const folder = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const name =
    env['DOCKER_CONTEXT'] ??
    (readJson(join(folder, 'config.json')) as { currentContext?: string } | undefined)?.currentContext
  if (!name || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json')) as
    | { Endpoints?: { docker?: { Host?: string } } }
    | undefined
  return meta?.Endpoints?.docker?.Host
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** One call to the engine without the SDK, for what must not wait until that is loaded. */
export function call(host: string, { method, path, body, signal, onSent }: Call): Promise<Answer> {
  const target = targetOf(host)
  if (!target) return Promise.reject(new RangeError('an address of this kind is not supported'))
  const { request } = process.getBuiltinModule(target.tls ? 'node:https' : 'node:http')
  const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
  return new Promise((done, fail) => {
    const sent = request(
      { ...target.options, method, path, headers, agent: false, ...(signal ? { signal } : {}) },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.once('end', () => done({ status: response.statusCode ?? 0, text }))
        response.once('error', fail)
      },
    )
    sent
      .once('error', fail)
      .once('close', () => onSent?.())
      .once('finish', () => onSent?.())
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export interface Answer {
  readonly status: number
  readonly text: string
}

/** Calls to one engine. */
export type Ask = (call: Call) => Promise<Answer>

/** An answer that is no error, or one of these. */
export async function accepted(answer: Promise<Answer>, ...codes: readonly number[]): Promise<Answer> {
  const { status, text } = await answer
  if (status < 300 || codes.includes(status)) return { status, text }
  throw new RangeError(`(HTTP code ${status}) ${messageIn(text)}`)
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message
  } catch {
    return text.trim()
  }
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly signal?: AbortSignal
  /** The request is on its way, or will never be. */
  readonly onSent?: () => void
}

async function ping(
  host: string,
  { named, signal }: { readonly named: boolean; readonly signal?: AbortSignal },
): Promise<Found> {
  const fail = (why: string): Found => ({
    ok: false,
    named,
    reason: `no engine answers at ${host} (${why})`,
    fix: 'start it, or correct DOCKER_HOST or the Docker context',
  })
  const limit = AbortSignal.timeout(PATIENCE)
  try {
    const { status, text } = await call(host, {
      method: 'GET',
      path: '/version',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    return status === 200 ? { ok: true, host, version: versionIn(text) } : fail(`it answered ${status}`)
  } catch (error) {
    return fail((error as NodeJS.ErrnoException).code ?? messageOf(error))
  }
}

function versionIn(body: string): string {
  try {
    return (JSON.parse(body) as { Version?: string }).Version ?? 'of unknown version'
  } catch {
    return 'of unknown version'
  }
}

interface Target {
  readonly tls: boolean
  readonly options: object
}

function targetOf(host: string): Target | undefined {
  const [, protocol, rest = ''] = host.match(/^(unix|npipe|tcp|http|https):\/\/(.*)$/) ?? []
  if (protocol === 'unix' || protocol === 'npipe') return { tls: false, options: { socketPath: rest } }
  if (!protocol) return undefined
  const tls = protocol === 'https' || Boolean(process.env['DOCKER_TLS_VERIFY'])
  const { hostname, port } = new URL(`http://${rest}`)
  const folder = process.env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker')
  const certificates = tls
    ? {
        ca: readPem(join(folder, 'ca.pem')),
        cert: readPem(join(folder, 'cert.pem')),
        key: readPem(join(folder, 'key.pem')),
      }
    : {}
  return { tls, options: { host: hostname, port: port || (tls ? 2376 : 2375), ...certificates } }
}

function readPem(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined
}
