import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageUse } from './service-guess.ts'

/** What the sources of a project show. */
export interface SourceScan {
  readonly testcontainers: readonly TestcontainersUse[]
  /** Names of environment variables that the sources read. */
  readonly variables: ReadonlySet<string>
  /** Files with screenshots of Playwright. */
  readonly screenshots: readonly string[]
  /** The config has a browser of its own, so that none has to be installed. */
  readonly usesBrowserService: boolean
  /** Files that contain tests. */
  readonly tests: readonly string[]
}

export interface TestcontainersUse {
  readonly file: string
  readonly line: number
  /** The image, where the source names it in place. */
  readonly use: ImageUse | undefined
}

const SOURCE = /\.([cm]?[jt]sx?|py)$/
const TEST = /(\.(test|spec)\.[cm]?[jt]sx?|(^|\/)test_[^/]*\.py|_test\.py)$/
const MAX_BYTES = 1024 * 1024

// The images that the modules start unless the source names one.
const MODULES: { readonly [className: string]: string } = {
  PostgreSqlContainer: 'postgres',
  PostgresContainer: 'postgres',
  MongoDBContainer: 'mongo',
  MongoDbContainer: 'mongo',
  RedisContainer: 'redis',
  MySQLContainer: 'mysql',
  MySqlContainer: 'mysql',
  RabbitMQContainer: 'rabbitmq',
}

const CONTAINER = /\b(?:new\s+)?(GenericContainer|DockerContainer|\w+Container)\s*\(\s*(?:(['"`])([^'"`\n]*)\2)?/g

/** Reads the sources of a folder. `files` are relative to it. */
export function scanSources(folder: string, files: readonly string[]): SourceScan {
  const testcontainers: TestcontainersUse[] = []
  const variables = new Set<string>()
  const screenshots: string[] = []
  let usesBrowserService = false
  for (const file of files.filter((name) => SOURCE.test(name))) {
    const path = join(folder, file)
    if (statSync(path).size > MAX_BYTES) continue
    const text = readFileSync(path, 'utf8')
    if (/['"](@testcontainers\/[\w-]+|testcontainers)['"]|^\s*(from|import) testcontainers/m.test(text))
      testcontainers.push(...containersIn(file, text))
    for (const [, a, b, c] of text.matchAll(
      /\benv(?:iron)?(?:\.([A-Z]\w+)|(?:\.get\(|\[)\s*['"](\w+)['"])|\bgetenv\(\s*['"](\w+)['"]/g,
    ))
      variables.add(a ?? b ?? c ?? '')
    if (/(^|\/)moorage\.config\.\w+$/.test(file) && /\bbrowser\(/.test(text)) usesBrowserService = true
    if (/\.toHaveScreenshot\(/.test(text)) screenshots.push(file)
  }
  return { testcontainers, variables, screenshots, usesBrowserService, tests: files.filter((file) => TEST.test(file)) }
}

function containersIn(file: string, text: string): readonly TestcontainersUse[] {
  const found = [...text.matchAll(CONTAINER)].flatMap(({ 1: className = '', 3: image, index }) => {
    const name = image || MODULES[className]
    // A class of another library, or one that the project declares.
    if (name === undefined && !/^(Generic|Docker)Container$/.test(className)) return []
    const chain = text.slice(index, index + 1_000).split(/\bnew\s+\w+Container\b/)[1] ?? ''
    const [, port] = /\.with(?:_exposed_ports|ExposedPorts)\(\s*(\d+)/.exec(chain) ?? []
    const use = name === undefined ? undefined : { image: name, port: port === undefined ? undefined : Number(port) }
    return [{ file, line: lineOf(text, index), use }]
  })
  return found.length ? found : [{ file, line: lineOf(text, text.search(/testcontainers/)), use: undefined }]
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
