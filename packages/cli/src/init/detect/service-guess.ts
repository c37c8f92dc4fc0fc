/** A service that a project seems to need. */
export interface ServiceGuess {
  /** Its key in the config. */
  readonly name: string
  readonly preset: 'postgres' | 'mongodb' | 'redis' | 'container' | 'npmServer' | 'staticServer'
  /** Options of the preset, in the order in which the config shows them. */
  readonly options: { readonly [name: string]: OptionValue }
}

export type OptionValue = string | number | { readonly [name: string]: string | number }

/** An image that a workflow or a test starts. */
export interface ImageUse {
  readonly image: string
  /** The name that the place gives it. */
  readonly name?: string | undefined
  readonly port?: number | undefined
  readonly env?: { readonly [name: string]: string } | undefined
}

type Database = 'postgres' | 'mongodb' | 'redis'

export const DEFAULT_NAMES: { readonly [preset in Database]: string } = {
  postgres: 'db',
  mongodb: 'mongo',
  redis: 'redis',
}

const OFFICIAL: { readonly [repository: string]: Database } = { postgres: 'postgres', mongo: 'mongodb', redis: 'redis' }

// Images that take the same settings as the official one.
const COMPATIBLE: readonly (readonly [RegExp, Database])[] = [
  [/(^|\/)(postgis|pgvector|timescaledb)$/, 'postgres'],
  [/(^|\/)(redis|redis-stack-server|valkey)$/, 'redis'],
  [/(^|\/)postgres$/, 'postgres'],
  [/(^|\/)mongo$/, 'mongodb'],
]

const PORTS: readonly (readonly [RegExp, number])[] = [
  [/(^|\/)(nginx|httpd|caddy|traefik)$/, 80],
  [/(^|\/)(mysql|mariadb)$/, 3306],
  [/(^|\/)rabbitmq$/, 5672],
  [/(^|\/)(elasticsearch|opensearch)$/, 9200],
  [/(^|\/)kafka$/, 9092],
  [/(^|\/)minio$/, 9000],
  [/(^|\/)memcached$/, 11_211],
]

/** The service for an image; undefined if it is no known one and its port is not given. */
export function guessFromImage({ image, name, port, env }: ImageUse): ServiceGuess | undefined {
  const { repository, tag } = splitImage(image)
  const official = OFFICIAL[repository]
  if (official)
    return {
      name: DEFAULT_NAMES[official],
      preset: official,
      options: tag === undefined || tag === 'latest' ? {} : { version: tag },
    }
  // bitnami's images have other variables and folders.
  const compatible = /(^|\/)bitnami/.test(repository)
    ? undefined
    : COMPATIBLE.find(([pattern]) => pattern.test(repository))?.[1]
  if (compatible) return { name: DEFAULT_NAMES[compatible], preset: compatible, options: { image } }
  const known = port ?? PORTS.find(([pattern]) => pattern.test(repository))?.[1]
  if (known === undefined) return undefined
  const key = serviceKey(name ?? repository.split('/').at(-1) ?? 'service')
  return {
    name: key,
    preset: 'container',
    options: { image, ports: { main: known }, ...(env && Object.keys(env).length ? { env } : {}) },
  }
}

/** One service for each use: a version completes a guess of the same preset, another version is another service. */
export function mergeGuesses(guesses: readonly ServiceGuess[]): readonly ServiceGuess[] {
  const merged: ServiceGuess[] = []
  for (const guess of guesses) {
    const same = merged.findIndex(
      (other) => other.preset === guess.preset && agree(other.options, guess.options) && isSameService(other, guess),
    )
    const found = merged[same]
    if (found) merged[same] = { ...found, options: { ...guess.options, ...found.options } }
    else merged.push({ ...guess, name: freeName(guess.name, merged) })
  }
  return merged
}

/** A key that is an identifier, so that tests can write `services().key`. */
export function serviceKey(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean)
  const key = words.map((word, i) => (i ? word[0]?.toUpperCase() + word.slice(1) : word)).join('')
  return /^[a-z]/i.test(key) ? (key[0]?.toLowerCase() ?? '') + key.slice(1) : `service${key}`
}

function splitImage(image: string): { readonly repository: string; readonly tag: string | undefined } {
  const [, repository = image, tag] = /^(.*?)(?::([^/:@]+))?(?:@.*)?$/.exec(image) ?? []
  return { repository: repository.replace(/^(docker\.io\/)?(library\/)?/, ''), tag }
}

function isSameService(a: ServiceGuess, b: ServiceGuess): boolean {
  return a.preset in DEFAULT_NAMES || a.name === b.name || a.options['image'] === b.options['image']
}

function agree(a: ServiceGuess['options'], b: ServiceGuess['options']): boolean {
  const source = (options: ServiceGuess['options']): unknown => options['image'] ?? options['version']
  return source(a) === undefined || source(b) === undefined || source(a) === source(b)
}

function freeName(name: string, taken: readonly ServiceGuess[]): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name}${i}`
    if (!taken.some((guess) => guess.name === candidate)) return candidate
  }
}
