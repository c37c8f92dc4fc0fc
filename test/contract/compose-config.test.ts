import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { KEY_TABLE, rowOf } from '../../packages/compose/src/keys/key-table.ts'
import { readDocuments } from '../../packages/compose/src/load/load-file.ts'
import { readProject, type Project } from '../../packages/compose/src/load/read-project.ts'
import { serviceEnv } from '../../packages/compose/src/mapping/service-env.ts'
import { bytes, durationMs, words } from '../../packages/compose/src/mapping/values.ts'
import { entriesOf, scalar, toPlain, type TreeNode } from '../../packages/compose/src/yaml/tree.ts'

type Plain = string | number | boolean | null | readonly Plain[] | PlainMap
interface PlainMap {
  readonly [key: string]: Plain
}

const program = process.env['MOORAGE_TESTBED_COMPOSE']
const folder = resolve('test/compose/files')
const env = { TAG: '9', EMPTY: '', HERE: 'here', TOKEN: 'token' }

test.for([
  { title: 'every kind of value', names: ['values.yaml'] },
  { title: 'a file with its override', names: ['merge.yaml', 'merge.override.yaml'] },
  { title: 'services that extend others, and included files', names: ['extends.yaml'] },
])('reads $title as docker compose does', ({ names }, { skip }) => {
  if (!program && process.env['CI'] === 'true')
    throw new RangeError('CI runs with the test bed: MOORAGE_TESTBED_COMPOSE is not set')
  if (!program) skip('MOORAGE_TESTBED_COMPOSE is not set (npm run testbed -- up)')
  const files = names.map((name) => join(folder, name))
  const own = ownResult(readProject({ files, env }))
  expect(own).toEqual(normalise(composeConfig(files)))
  // A comparison of nothing would pass.
  expect(JSON.stringify(own).length).toBeGreaterThan(500)
})

test('these projects have every key that moorage honours', () => {
  const found = new Set(sourceFiles(folder).flatMap((file) => readDocuments(file).flatMap((node) => keysIn(node, ''))))
  // Only moorage reads it.
  const compared = KEY_TABLE.filter(({ key, treatment }) => treatment === 'mapped' && !key.endsWith('x-moorage'))
  expect(compared.length).toBeGreaterThan(140)
  expect(compared.map(({ key }) => key).filter((key) => !found.has(key))).toEqual([])
})

function sourceFiles(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(path, name))
}

/** The keys of a file as the table has them: `*` for a name of the user's, `[]` for an item of a list. */
function keysIn(node: TreeNode, pattern: string): readonly string[] {
  if (node.kind === 'list') return node.items.flatMap((item) => keysIn(item, `${pattern}[]`))
  return entriesOf(node).flatMap(([name, value]) => {
    const start = pattern === '' ? '' : `${pattern}.`
    const key = rowOf(`${start}${name}`) ? `${start}${name}` : `${start}*`
    return [key, ...(rowOf(key)?.open ? [] : keysIn(value, key))]
  })
}

/** What Compose's own program makes of the files. */
function composeConfig(files: readonly string[]): Plain {
  const named = files.flatMap((file) => ['--file', file])
  // Normalised, networks and volumes would have names of their own.
  const args = [...named, '--profile', '*', 'config', '--format', 'json', '--no-normalize', '--no-env-resolution']
  const output = execFileSync(program ?? '', args, { env, encoding: 'utf8', stdio: 'pipe' })
  // Its output is a compose file again, in which a dollar sign is doubled.
  return JSON.parse(output.replaceAll('$$', '$')) as Plain
}

function ownResult(project: Project): Plain {
  const root = toPlain(project.root) as PlainMap
  const services = entriesOf(project.services).map(([name, service]) => {
    // Compose puts the content of the files in the place of their names.
    const { env_file: _files, label_file: labelFile, labels, ...plain } = toPlain(service) as PlainMap
    const fromFile = labelFile ? { 'from.file': '1' } : {}
    const environment = serviceEnv(service, name, project)
    return [name, { ...plain, labels: { ...fromFile, ...(labels as object) }, environment }]
  })
  return normalise({ ...root, name: project.name, services: Object.fromEntries(services) as PlainMap })
}

const at = { file: '', line: 1, column: 1 }
const BYTES = /\.(shm_size|mem_limit|mem_reservation|memory|size)$/
const DURATION = /\.(interval|timeout|start_period|start_interval|stop_grace_period)$/
const COMMAND_LINE = /\.(command|entrypoint)$/
const MODE = /\.(secrets|configs)\[\]\.mode$/

/** Both results in one form: what Compose writes out, moorage reads when it uses the value. */
function normalise(value: Plain, path = ''): Plain {
  if (Array.isArray(value)) return normaliseList(value as readonly Plain[], path)
  if (typeof value === 'object' && value !== null) return normaliseMap(value as PlainMap, path)
  if (value === null) return /\.(labels\.c|ssh\.default)$/.test(path) ? '' : null
  const node = scalar(value, at)
  if (COMMAND_LINE.test(path)) return words(node, path) ?? []
  if (path.endsWith('.healthcheck.test')) return ['CMD-SHELL', String(value)]
  if (/\.(secrets|configs)\[\]$/.test(path)) return { source: String(value) }
  if (path.endsWith('.devices[]')) return deviceOf(String(value))
  if (BYTES.test(path)) return String(bytes(node, path))
  if (DURATION.test(path)) return String(durationMs(node, path))
  if (MODE.test(path)) return typeof value === 'number' ? value : Number.parseInt(String(value), 8)
  return String(value)
}

function normaliseList(items: readonly Plain[], path: string): Plain {
  const plain = items.map((item) => normalise(item, `${path}[]`))
  if (path.endsWith('.extra_hosts'))
    return Object.fromEntries(
      plain.map((item) =>
        String(item)
          .split(/[=:](.*)/s)
          .slice(0, 2),
      ),
    )
  if (path.endsWith('.ssh')) return Object.fromEntries(plain.map((item) => [String(item), '']))
  return plain
}

function normaliseMap(value: PlainMap, path: string): Plain {
  const entries = Object.entries(value)
    .filter(([key, item]) => !isDefault(`${path}.${key}`, item))
    .map(([key, item]) => [key, normalise(item, `${path}.${key}`)] as const)
  return Object.fromEntries(entries.filter(([, item]) => !isAbsent(item)))
}

/** What Compose adds, or leaves out because no service uses it. */
function isDefault(path: string, value: Plain): boolean {
  if (/\.depends_on\.[^.]+\.required$/.test(path)) return String(value) === 'true'
  if (path.endsWith('.ports[].mode')) return value === 'ingress'
  if (path.endsWith('.ports[].protocol')) return value === 'tcp'
  if (path.endsWith('.secrets[].target')) return String(value).startsWith('/run/secrets/')
  return /^\.(configs\.from|volumes\.|x-|version)/.test(path)
}

function deviceOf(text: string): Plain {
  const [source = '', target = source, permissions = 'rwm'] = text.split(':')
  return { source, target, permissions }
}

function isAbsent(value: Plain): boolean {
  return value === null || value === 'false' || (typeof value === 'object' && Object.keys(value).length === 0)
}
