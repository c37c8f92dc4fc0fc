import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isScalar, visit, type Pair } from '../../vendor/yaml.ts'
import { parseYaml } from './parse-yaml.ts'
import type { ImageUse } from './service-guess.ts'

export type CiSystem = 'github' | 'gitlab' | 'jenkins' | 'azure'

/** A line of a pipeline that moorage makes unnecessary. */
export interface PipelineStep {
  /** Relative to the root of the repository. */
  readonly file: string
  readonly line: number
  /** What the line does, such as `kubectl wait`. */
  readonly what: string
  readonly use?: ImageUse
}

export interface PipelineScan {
  /** The CI systems whose pipelines were found. */
  readonly systems: readonly CiSystem[]
  readonly steps: readonly PipelineStep[]
  readonly usesKubernetes: boolean
  /** The value of `runs-on` of the jobs that use kubectl. */
  readonly kubernetesRunner: string | undefined
}

const FILES: readonly { readonly system: CiSystem; readonly names: readonly string[] }[] = [
  { system: 'gitlab', names: ['.gitlab-ci.yml'] },
  { system: 'azure', names: ['azure-pipelines.yml', 'azure-pipelines.yaml'] },
  { system: 'jenkins', names: ['Jenkinsfile'] },
]

/** Reads the pipelines of a repository. Throws `MoorageError` (CONFIG_INVALID) for a file that is no valid YAML. */
export function scanPipelines(root: string): PipelineScan {
  const workflows = workflowFiles(root).map((file) => ({ system: 'github' as const, file }))
  const others = FILES.flatMap(({ system, names }) =>
    names.filter((name) => existsSync(join(root, name))).map((file) => ({ system, file })),
  )
  const all = [...workflows, ...others]
  const scans = all.map(({ system, file }) => scanFile(root, file, system))
  return {
    systems: [...new Set(all.map(({ system }) => system))],
    steps: scans.flatMap(({ steps }) => steps),
    usesKubernetes: scans.some(({ isKubernetes }) => isKubernetes),
    kubernetesRunner: scans.find(({ runner }) => runner !== undefined)?.runner,
  }
}

function workflowFiles(root: string): readonly string[] {
  const folder = join(root, '.github/workflows')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => `.github/workflows/${name}`)
}

interface FileScan {
  readonly steps: readonly PipelineStep[]
  readonly isKubernetes: boolean
  readonly runner: string | undefined
}

// The first line of what init writes. Its steps need no replacement.
const OWN_FILE = /^(#|\/\/) Written by moorage init/

function scanFile(root: string, file: string, system: CiSystem): FileScan {
  const text = readFileSync(join(root, file), 'utf8')
  const isOwn = OWN_FILE.test(text)
  if (system === 'jenkins') return scanResult(isOwn ? [] : scriptSteps(file, text, 1), text, undefined)
  const { documents, lineAt } = parseYaml(join(root, file), text)
  const steps: PipelineStep[] = []
  let runner: string | undefined
  for (const document of documents)
    visit(document, {
      Scalar(_, { value, range, type }) {
        if (typeof value !== 'string' || !range) return
        // The text of a block scalar begins in the line below its header.
        const first = lineAt(range[0]) + (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED' ? 1 : 0)
        steps.push(...scriptSteps(file, value, first))
      },
      Pair(_, pair) {
        steps.push(...serviceSteps(file, pair, lineAt))
        if (isScalar(pair.key) && pair.key.value === 'runs-on') runner ??= runnerOf(pair.value)
      },
    })
  return scanResult(isOwn ? [] : steps, text, runner)
}

function scanResult(steps: readonly PipelineStep[], text: string, runner: string | undefined): FileScan {
  const isKubernetes =
    steps.some(({ what }) => what.startsWith('kubectl')) ||
    /\bMOORAGE_PROVIDER\b['"]?\s*[:=]\s*['"]?kubernetes/.test(text)
  return { steps, isKubernetes, runner: isKubernetes ? runner : undefined }
}

const KUBECTL =
  /\bkubectl\b(?=[^\n]*?\s(run|wait|port-forward|apply|create\s+(?:namespace|ns|deployment|secret)|delete)\b)/

/** Lines of a script that start, await, forward or remove what moorage would. */
function scriptSteps(file: string, script: string, firstLine: number): readonly PipelineStep[] {
  const lines = script.split('\n')
  return lines.flatMap((line, i) => {
    const [, verb] = /^\s*#/.test(line) ? [] : (KUBECTL.exec(line) ?? [])
    if (verb === undefined) return []
    let command = line
    for (let next = i; command.endsWith('\\') && next + 1 < lines.length; next++)
      command = `${command.slice(0, -1)} ${lines[next + 1]?.trim()}`
    const use = /^(run|create\s+deployment)$/.test(verb) ? imageOf(command) : undefined
    return [{ file, line: firstLine + i, what: `kubectl ${verb.replace(/\s+/g, ' ')}`, ...(use ? { use } : {}) }]
  })
}

function imageOf(command: string): ImageUse | undefined {
  const [, image] = /--image[= ]["']?([^\s"'$]+)["']?(?=\s|$)/.exec(command) ?? []
  if (image === undefined) return undefined
  const [, name] = /\b(?:run|deployment)\s+([a-z0-9][a-z0-9.-]*)/.exec(command) ?? []
  const [, port] = /--port[= ](\d+)/.exec(command) ?? []
  const env = Object.fromEntries(
    [...command.matchAll(/--env[= ]["']?(\w+)=([^\s"']*)/g)].map(([, key = '', value = '']) => [key, value]),
  )
  return { image, name, port: port === undefined ? undefined : Number(port), env }
}

/** `services:` of a GitHub job, which maps names to containers, and of a GitLab job, which lists images. */
function serviceSteps(file: string, { key, value }: Pair, lineAt: (offset: number) => number): readonly PipelineStep[] {
  if (!isScalar(key) || key.value !== 'services') return []
  const line = key.range ? lineAt(key.range[0]) : 1
  const plain: unknown = isMap(value) || value ? (value as { toJSON(): unknown }).toJSON() : undefined
  if (typeof plain !== 'object' || plain === null) return []
  return Object.entries(plain as { readonly [name: string]: unknown }).flatMap(([name, service]) => {
    const image = typeof service === 'string' ? service : (service as { image?: unknown; name?: unknown } | null)
    const text = typeof image === 'string' ? image : (image?.image ?? image?.name)
    if (typeof text !== 'string' || text.includes('$')) return []
    return [{ file, line, what: 'services', use: { image: text, name: /^\d+$/.test(name) ? undefined : name } }]
  })
}

function runnerOf(value: unknown): string | undefined {
  if (isScalar(value)) return typeof value.value === 'string' ? value.value : undefined
  const plain: unknown = (value as { toJSON?(): unknown } | null)?.toJSON?.()
  return Array.isArray(plain) ? `[${plain.join(', ')}]` : undefined
}
