import { DEFAULT_NAMES, type ServiceGuess } from './service-guess.ts'

type Database = keyof typeof DEFAULT_NAMES

const NODE_DRIVERS: { readonly [dependency: string]: Database } = {
  pg: 'postgres',
  postgres: 'postgres',
  'pg-promise': 'postgres',
  '@prisma/adapter-pg': 'postgres',
  '@mikro-orm/postgresql': 'postgres',
  mongodb: 'mongodb',
  mongoose: 'mongodb',
  '@mikro-orm/mongodb': 'mongodb',
  redis: 'redis',
  ioredis: 'redis',
  bullmq: 'redis',
}

const PYTHON_DRIVERS: readonly (readonly [RegExp, Database])[] = [
  [/\b(psycopg2?(-binary)?|asyncpg|pg8000)\b/, 'postgres'],
  [/\b(pymongo|motor|mongoengine|beanie)\b/, 'mongodb'],
  [/^\s*["']?(redis|aioredis)\b/m, 'redis'],
]

// Variables in which projects keep the URL of a database, besides the one that moorage sets anyway.
const URL_VARIABLES: { readonly [preset in Database]: readonly string[] } = {
  postgres: ['DATABASE_URL', 'POSTGRES_URL', 'POSTGRESQL_URL', 'PG_URL', 'POSTGRES_URI', 'DATABASE_URI'],
  mongodb: ['MONGODB_URI', 'MONGODB_URL', 'MONGO_URI'],
  redis: ['REDIS_URI', 'REDIS_CONNECTION_STRING'],
}

export interface DriverUse {
  /** The package, as the project names it. */
  readonly driver: string
  readonly guess: ServiceGuess
}

/** The services that the database drivers in package.json connect to. */
export function nodeDriverServices(dependencies: { readonly [name: string]: string }): readonly DriverUse[] {
  return Object.keys(dependencies).flatMap((driver) => {
    const preset = NODE_DRIVERS[driver]
    return preset ? [{ driver, guess: guessOf(preset) }] : []
  })
}

/** The same for requirements.txt and pyproject.toml. */
export function pythonDriverServices(requirements: string): readonly DriverUse[] {
  return PYTHON_DRIVERS.flatMap(([pattern, preset]) => {
    const found = pattern.exec(requirements)
    return found ? [{ driver: (found[1] ?? '').trim(), guess: guessOf(preset) }] : []
  })
}

/** Names the variable that the sources read, so that they need no edit. */
export function withUrlVariable(guess: ServiceGuess, read: ReadonlySet<string>): ServiceGuess {
  if (!(guess.preset in URL_VARIABLES)) return guess
  const variable = URL_VARIABLES[guess.preset as Database].find((name) => read.has(name))
  return variable === undefined || variable === `${guess.name.toUpperCase()}_URL`
    ? guess
    : { ...guess, options: { ...guess.options, as: variable } }
}

function guessOf(preset: Database): ServiceGuess {
  return { name: DEFAULT_NAMES[preset], preset, options: {} }
}
