import { readFileSync } from 'node:fs'
import { homeFolder } from './home-folder.ts'
import { join } from 'node:path'
import { MoorageError } from '../contract/errors.ts'

/** The part of Docker's own config that moorage reads. Source: docker/cli, "docker login" and "docker context". */
export interface DockerConfig {
  readonly currentContext?: string
  readonly credsStore?: string
  readonly credHelpers?: { readonly [registry: string]: string }
  readonly auths?: { readonly [registry: string]: StoredCredentials | undefined }
}

export interface StoredCredentials {
  /** `user:password` in base64. */
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

/** Docker's config, and where it stands for messages. */
export interface DockerConfigSource {
  readonly name: string
  readonly config: DockerConfig
}

/** The folder of Docker's own config. */
export function dockerConfigFolder(env: NodeJS.ProcessEnv): string {
  return env['DOCKER_CONFIG'] || join(homeFolder(), '.docker')
}

/** Docker's config file; empty where there is none. Throws `MoorageError` (CONFIG_INVALID). */
export function readConfigFile(env: NodeJS.ProcessEnv): DockerConfigSource {
  const path = join(dockerConfigFolder(env), 'config.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { name: path, config: {} }
    throw invalidConfig(
      `${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      'Make it readable, or remove it.',
      cause,
    )
  }
  return { name: path, config: parseConfig(text, path, 'Correct the file, or log in again with `docker login`.') }
}

/** The config with the credentials: DOCKER_AUTH_CONFIG, else the file. Throws `MoorageError` (CONFIG_INVALID). */
export function readAuthConfig(env: NodeJS.ProcessEnv): DockerConfigSource {
  const text = env['DOCKER_AUTH_CONFIG']
  if (!text) return readConfigFile(env)
  const hint = 'Set it to the content of a Docker config.json, as in {"auths":{…}}, or unset it.'
  return { name: 'DOCKER_AUTH_CONFIG', config: parseConfig(text, 'DOCKER_AUTH_CONFIG', hint) }
}

function parseConfig(text: string, name: string, hint: string): DockerConfig {
  let config: unknown
  try {
    config = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, which contains secrets.
    throw invalidConfig(`${name} is not valid JSON.`, hint)
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config
  throw invalidConfig(`${name} is not a JSON object.`, hint)
}

function invalidConfig(message: string, hint: string, cause?: unknown): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint, cause })
}
