import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildInputName } from '../build/complete-build.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { ScriptRef, ServiceSpec } from '../contract/service.ts'
import { hashOf, sha256, type FileHash } from './content-hash.ts'
import { moduleFiles } from './module-dependencies.ts'

/** What decides whether a running service is the one that a config asks for: a digest of each input, by its name. */
export type Inputs = { readonly [name: string]: string }

/** The inputs of a service: its options, each file that it names or that its seed imports, and its npm scripts. */
export function collectInputs(spec: ServiceSpec, root: string, fileHash: FileHash): Inputs {
  const paths = [...filesIn(spec as unknown as Json), ...(spec.seed ? moduleFiles(spec.seed.module.$file) : [])]
  const own = paths.filter((path) => !path.startsWith(MOORAGE_FOLDER))
  const files = own.map((path) => [relative(root, path) || '.', fileHash(path)] as const)
  const scripts = (spec.inputs?.scripts ?? []).map((script) => scriptInput(script, root))
  const build = spec.container?.image
  const context = typeof build === 'object' ? [[buildInputName(build, root), build.digest ?? ''] as const] : []
  const options = hashOf(withoutFiles(withoutBuild(spec) as unknown as Json))
  return { options, ...Object.fromEntries([...files, ...scripts, ...context]) }
}

// moorage's modules are part of the hash, but no inputs of the user's.
const MOORAGE_FOLDER = fileURLToPath(new URL('../../../', import.meta.url))

function filesIn(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const file = (value as JsonObject)['$file']
  return typeof file === 'string' ? [file] : Object.values(value).flatMap(filesIn)
}

function withoutBuild(spec: ServiceSpec): ServiceSpec {
  const { container } = spec
  return typeof container?.image === 'object' ? { ...spec, container: { ...container, image: '' } } : spec
}

function withoutFiles(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutFiles)
  if ('$file' in value) return '$file'
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutFiles(item as Json)]))
}

/** npm also runs the scripts `pre<name>` and `post<name>`. A missing one fails the start, which says so. */
function scriptInput({ folder, name }: ScriptRef, root: string): readonly [string, string] {
  const file = resolve(root, folder, 'package.json')
  let scripts: { readonly [name: string]: unknown } = {}
  try {
    scripts = (JSON.parse(readFileSync(file, 'utf8')) as { scripts?: typeof scripts }).scripts ?? {}
  } catch {
    // As above.
  }
  const texts = [`pre${name}`, name, `post${name}`].map((script) => scripts[script] ?? null)
  return [`script ${name} of ${relative(root, file)}`, sha256(JSON.stringify(texts))]
}
