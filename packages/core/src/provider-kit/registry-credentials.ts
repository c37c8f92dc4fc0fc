import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { readAuthConfig, type DockerConfigSource, type StoredCredentials } from './docker-config.ts'

/** What the engine's "Create an image" takes in `X-Registry-Auth`. Source: Docker Engine API, "Authentication". */
export interface RegistryCredentials {
  readonly serveraddress: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

export interface CredentialSearch {
  readonly credentials?: RegistryCredentials
  /** Why a credential helper gave none, as a sentence. */
  readonly problem?: string
}

// Source: docker/cli, registry.IndexServer: the key of Docker Hub in Docker's config.
const DOCKER_HUB = 'https://index.docker.io/v1/'
// Source: docker/docker-credential-helpers, credentials/error.go.
const HAS_NONE = /credentials not found in native keychain|no credentials server URL|no credentials username/i

/**
 * The credentials for a registry, from Docker's own config and its helpers. A helper that fails is a problem and no
 * error, because a public image needs no credentials. Throws `MoorageError` (CONFIG_INVALID) for a config that cannot
 * be read.
 */
export async function findCredentials(registry: string | undefined, env: NodeJS.ProcessEnv): Promise<CredentialSearch> {
  const source = readAuthConfig(env)
  const server = registry === undefined || /^(index\.)?docker\.io$/.test(registry) ? DOCKER_HUB : registry
  const asked = await askHelper(server, source, env)
  if (asked?.credentials) return asked
  const stored = Object.entries(source.config.auths ?? {}).find(([key]) => hostOf(key) === hostOf(server))?.[1]
  const credentials = stored && readStored(stored, server)
  return { ...(credentials ? { credentials } : {}), ...(asked?.problem ? { problem: asked.problem } : {}) }
}

/** The host of a key in `auths`, such as `https://registry.example/v1/` or `registry.example`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
}

function readStored(stored: StoredCredentials, serveraddress: string): RegistryCredentials | undefined {
  if (stored.identitytoken) return { serveraddress, identitytoken: stored.identitytoken }
  const [, user = stored.username, password = stored.password] =
    Buffer.from(stored.auth ?? '', 'base64')
      .toString()
      .match(/^([^:]+):([^]*)$/) ?? []
  return user === undefined || password === undefined ? undefined : { serveraddress, username: user, password }
}

/** Source: docker/docker-credential-helpers: `get` takes the server on stdin and writes JSON to stdout. */
async function askHelper(
  server: string,
  { name, config }: DockerConfigSource,
  env: NodeJS.ProcessEnv,
): Promise<CredentialSearch | undefined> {
  const own = config.credHelpers?.[server] ?? config.credHelpers?.[hostOf(server)]
  const suffix = own ?? config.credsStore
  if (!suffix) return undefined
  const program = `docker-credential-${suffix}`
  const origin = `(${own ? 'credHelpers' : 'credsStore'} in ${name})`
  const { code, output } = await runHelper(program, server, env)
  if (code === 'ENOENT') return { problem: `The credential helper ${program} ${origin} is not on the PATH.` }
  if (code !== 0)
    return HAS_NONE.test(output) ? {} : { problem: `The credential helper ${program} ${origin} failed (${code}).` }
  try {
    const { Username, Secret } = JSON.parse(output) as { readonly Username: string; readonly Secret: string }
    return {
      credentials:
        Username === '<token>'
          ? { serveraddress: server, identitytoken: Secret }
          : { serveraddress: server, username: Username, password: Secret },
    }
  } catch {
    return { problem: `The answer of the credential helper ${program} ${origin} is not valid JSON.` }
  }
}

/** `code`: the exit code, the signal, or the code of the error with which the program did not start. */
async function runHelper(
  program: string,
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | string; readonly output: string }> {
  const child = spawn(program, ['get'], { env, stdio: ['pipe', 'pipe', 'ignore'], timeout: HELPER_TIMEOUT_MS })
  child.stdin.on('error', () => {}).end(input)
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    child.once('close', (code, signal) => resolve(code ?? signal ?? ''))
  })
  const output = await text(child.stdout).catch(() => '')
  return { code: await ended, output }
}

// A helper may ask its user for a password.
const HELPER_TIMEOUT_MS = 60_000
