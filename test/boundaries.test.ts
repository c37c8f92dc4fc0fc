import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

// Who may import whom: inward only, never a sibling. Vendor SDKs stand in one file each.
const ALLOWED: { readonly [pkg: string]: readonly RegExp[] } = {
  core: [],
  // The public contract, the same that a third-party provider gets.
  'provider-docker': [/^@moorage\/core\/provider$/],
  'provider-kubernetes': [/^@moorage\/core\/provider$/],
  'provider-nerdctl': [/^@moorage\/core\/provider$/],
  'provider-process': [/^@moorage\/core\/provider$/, /^get-port$/],
  'provider-testing': [/^@moorage\/core\/provider$/, /^vitest$/],
  // The address and the TLS of an engine are the Docker provider's matter.
  build: [/^@moorage\/core\/(build|provider)$/, /^@moorage\/provider-docker\/engine$/],
  // A service of a compose file gets what its preset gives.
  compose: [/^@moorage\/core$/, /^@moorage\/services$/],
  services: [/^@moorage\/core$/],
  playwright: [/^@moorage\/core(\/(isolated|runner|test))?$/, /^@playwright\/test$/],
  vitest: [/^@moorage\/core(\/(isolated|runner))?$/, /^vitest(\/node)?$/],
  cli: [/^@moorage\/core(\/runner)?$/],
  moorage: [/^@moorage\/[a-z-]+(\/[a-z-]+)?$/],
}

const VENDORS: { readonly [name: string]: string | readonly string[] } = {
  ajv: 'packages/compose/src/vendor/ajv.ts',
  'ajv/dist/2020.js': 'packages/compose/src/vendor/ajv.ts',
  '@babel/parser': 'packages/cli/src/vendor/babel-parser.ts',
  diff: 'packages/cli/src/vendor/diff.ts',
  yaml: ['packages/compose/src/vendor/yaml.ts', 'packages/cli/src/vendor/yaml.ts'],
  '@balena/dockerignore': 'packages/core/src/vendor/dockerignore.ts',
  commander: 'packages/cli/src/vendor/commander.ts',
  hpagent: 'packages/provider-kubernetes/src/vendor/proxy-agents.ts',
  'js-yaml': 'packages/provider-kubernetes/src/vendor/yaml.ts',
  'ci-info/vendors.json': 'packages/core/src/vendor/ci-vendors.ts',
  negotiator: 'packages/services/src/vendor/send.ts',
  'pg-protocol': 'packages/services/src/vendor/pg-protocol.ts',
  send: 'packages/services/src/vendor/send.ts',
  'socks-proxy-agent': 'packages/provider-kubernetes/src/vendor/proxy-agents.ts',
  'tar-stream': ['packages/build/src/vendor/tar.ts', 'packages/provider-kubernetes/src/vendor/tar.ts'],
  testcontainers: 'packages/provider-docker/src/engine/load-sdk.ts',
  ws: 'packages/provider-kubernetes/src/vendor/websocket.ts',
}

/** The files that may import a vendor: one in each package that bundles it. */
function vendorFiles(name: string): readonly string[] {
  return [VENDORS[name] ?? []].flat()
}

// Vitest gives the end of a test as a time of day.
const WALL_CLOCK = [
  'packages/vitest/src/ended-services-reporter.ts',
  // A credential plugin gives the end of its credentials as a time of day.
  'packages/provider-kubernetes/src/cluster/renewing-credentials.ts',
]

interface Source {
  readonly file: string
  readonly text: string
}

const rules: { readonly [rule: string]: (source: Source) => readonly string[] } = {
  'imports go inward only': ({ file, text }) => {
    const pkg = file.split('/')[1] ?? ''
    const foreign = importsOf(text).filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    return foreign.filter(
      (name) => !(ALLOWED[pkg] ?? []).some((pattern) => pattern.test(name)) && !vendorFiles(name).includes(file),
    )
  },
  'no way out of the package by a path': ({ file, text }) =>
    importsOf(text).filter((name) => name.startsWith('.') && depthOf(name) > file.split('/').length - 4),
  'a vendor stands in one file': ({ file, text }) =>
    importsOf(text).filter((name) => VENDORS[name] !== undefined && !vendorFiles(name).includes(file)),
  'no any': ({ text }) => text.replace(/\/\*[^]*?\*\/|\/\/.*|'[^'\n]*'/g, '').match(/[:<]\s*any\b|\bas any\b/g) ?? [],
  'one error class': ({ file, text }) =>
    file.endsWith('core/src/contract/errors.ts') ? [] : (text.match(/new Error\(/g) ?? []),
  'named exports only': ({ file, text }) =>
    /^packages\/moorage\/src\/(vitest-global-setup|playwright)\.ts$/.test(file)
      ? []
      : (text.match(/^export default/gm) ?? []),
  'no star exports': ({ file, text }) =>
    /^packages\/moorage\/src\/(compose|index|provider)\.ts$/.test(file)
      ? []
      : (text.match(/^export (type )?\*/gm) ?? []),
  'deadlines are monotonic': ({ file, text }) => (WALL_CLOCK.includes(file) ? [] : (text.match(/Date\.now\(/g) ?? [])),
  'client never imports supervisor or provisioning': ({ file, text }) =>
    file.startsWith('packages/core/src/client/')
      ? importsOf(text).filter((name) =>
          /^packages\/core\/src\/(supervisor|provisioning)\//.test(join(dirname(file), name)),
        )
      : [],
  'no file above 250 lines': ({ text }) => (text.split('\n').length > 251 ? [String(text.split('\n').length)] : []),
  'files are named by what they do': ({ file }) =>
    /\/(utils?|helpers?|common|misc)(\/|\.ts$)/.test(file) || !/^[a-z0-9-]+\.ts$/.test(basename(file)) ? [file] : [],
}

// Each rule has to be able to fail.
const offenders: { readonly [rule in keyof typeof rules]: Source } = {
  'imports go inward only': {
    file: 'packages/core/src/x.ts',
    text: "import { docker } from '@moorage/provider-docker'",
  },
  'no way out of the package by a path': {
    file: 'packages/services/src/x.ts',
    text: "import { x } from '../../core/src/plan.ts'",
  },
  'a vendor stands in one file': {
    file: 'packages/provider-docker/src/start.ts',
    text: "import { GenericContainer } from 'testcontainers'",
  },
  'no any': { file: 'packages/core/src/x.ts', text: 'const x: any = 1' },
  'one error class': { file: 'packages/core/src/x.ts', text: "throw new Error('x')" },
  'named exports only': { file: 'packages/core/src/x.ts', text: 'export default 1' },
  'no star exports': { file: 'packages/core/src/x.ts', text: "export * from './y.ts'" },
  'deadlines are monotonic': { file: 'packages/core/src/x.ts', text: 'const until = Date.now() + 1_000' },
  'client never imports supervisor or provisioning': {
    file: 'packages/core/src/client/report/x.ts',
    text: "import type { X } from '../../supervisor/x.ts'",
  },
  'no file above 250 lines': { file: 'packages/core/src/x.ts', text: '\n'.repeat(300) },
  'files are named by what they do': { file: 'packages/core/src/utils.ts', text: '' },
}

const sources: readonly Source[] = globSync('packages/*/src/**/*.ts').map((file) => ({
  file,
  text: readFileSync(file, 'utf8'),
}))

describe.each(Object.entries(rules))('%s', (rule, check) => {
  test('in every source', () => {
    const found = sources.flatMap((source) => check(source).map((what) => `${source.file}: ${what}`))
    expect(found).toEqual([])
  })

  test('and the rule can fail', () => {
    expect(check(offenders[rule] as Source)).not.toEqual([])
  })
})

describe('no file cycles', () => {
  test('in every package, type imports included', () => {
    expect(findCycle(sources)).toBeUndefined()
  })

  test('and the rule can fail', () => {
    const cyclic: readonly Source[] = [
      { file: 'packages/core/src/a.ts', text: "import type { B } from './b/b.ts'" },
      { file: 'packages/core/src/b/b.ts', text: "const c = await import('../c.ts')" },
      { file: 'packages/core/src/c.ts', text: "export { a } from './a.ts'" },
    ]
    expect(findCycle(cyclic)).toBe(
      'packages/core/src/a.ts → packages/core/src/b/b.ts → packages/core/src/c.ts → packages/core/src/a.ts',
    )
  })
})

test('the median file has at most 100 lines', () => {
  const lengths = sources.map(({ text }) => text.split('\n').length).toSorted((a, b) => a - b)
  expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(100)
})

// What a provider exports from the file of each job. A provider without the job has no such file.
const CONTAINER_PROVIDERS = ['provider-docker', 'provider-kubernetes', 'provider-nerdctl']
const PROVIDERS = [...CONTAINER_PROVIDERS, 'provider-process']
const PROVIDER_JOBS: readonly { readonly file: string; readonly exports: string; readonly providers: string[] }[] = [
  { file: 'index', exports: 'NAME', providers: CONTAINER_PROVIDERS },
  { file: 'index', exports: 'plainProcess', providers: ['provider-process'] },
  { file: 'provider', exports: 'provider', providers: PROVIDERS },
  { file: 'start', exports: 'startUnit', providers: PROVIDERS },
  { file: 'start', exports: 'SessionContext', providers: PROVIDERS },
  { file: 'stop', exports: 'stopUnit', providers: PROVIDERS },
  { file: 'exec', exports: 'execInUnit', providers: PROVIDERS },
  { file: 'logs', exports: 'readLogs', providers: PROVIDERS },
  { file: 'reap', exports: 'reap', providers: PROVIDERS },
  { file: 'unit', exports: 'createUnit', providers: PROVIDERS },
  { file: 'endpoint', exports: 'resolveEndpoint', providers: PROVIDERS },
  { file: 'endpoint', exports: 'findPortProblem', providers: CONTAINER_PROVIDERS },
  { file: 'options', exports: 'NAMEOptions', providers: CONTAINER_PROVIDERS },
  { file: 'files', exports: 'deliverFiles', providers: CONTAINER_PROVIDERS },
  { file: 'labels', exports: 'runLabels', providers: CONTAINER_PROVIDERS },
  { file: 'labels', exports: 'RUN_LABEL', providers: CONTAINER_PROVIDERS },
  { file: 'labels', exports: 'readOwner', providers: CONTAINER_PROVIDERS },
  { file: 'labels', exports: 'unitMark', providers: ['provider-process'] },
  { file: 'errors', exports: 'toProviderError', providers: CONTAINER_PROVIDERS },
  { file: 'errors', exports: 'refusalMessage', providers: CONTAINER_PROVIDERS },
  { file: 'host-access', exports: 'hostAccessProblem', providers: CONTAINER_PROVIDERS },
  { file: 'host-access', exports: 'hostPortProxies', providers: ['provider-docker', 'provider-kubernetes'] },
]

describe('providers', () => {
  test('have the same file and export names for the same job', () => {
    expect(missingExports(sources)).toEqual([])
  })

  test('and the rule can fail', () => {
    const renamed = sources.map(({ file, text }) => ({
      file,
      text: text.replace('function stopUnit', 'function endUnit'),
    }))
    expect(missingExports(renamed)).toEqual(PROVIDERS.map((pkg) => `packages/${pkg}/src/stop.ts: stopUnit`))
    const moved = sources.filter(({ file }) => file !== 'packages/provider-process/src/unit.ts')
    expect(missingExports(moved)).toEqual(['packages/provider-process/src/unit.ts: createUnit'])
  })

  test('share at least 80 % of the names of their top-level files with a sibling', () => {
    const files = PROVIDERS.flatMap((pkg) =>
      sources.filter(({ file }) => dirname(file) === `packages/${pkg}/src`).map(({ file }) => basename(file)),
    )
    const shared = files.filter((name) => files.indexOf(name) !== files.lastIndexOf(name))
    expect(shared.length / files.length).toBeGreaterThanOrEqual(0.8)
  })
})

function missingExports(all: readonly Source[]): readonly string[] {
  return PROVIDER_JOBS.flatMap(({ file, exports, providers }) =>
    providers.flatMap((pkg) => {
      const name = pkg.replace('provider-', '')
      const exported = exports.replace(/^NAME(?=.)/, name[0]?.toUpperCase() + name.slice(1)).replace('NAME', name)
      const path = `packages/${pkg}/src/${file}.ts`
      const { text = '' } = all.find((source) => source.file === path) ?? {}
      const declared = new RegExp(`^export (async )?(function\\*?|const|class|interface|type) ${exported}\\b`, 'm')
      return declared.test(text) ? [] : [`${path}: ${exported}`]
    }),
  )
}

test('what the build names by its place is there, and exports what it should', async () => {
  const named = sources.flatMap(({ file, text }) =>
    [...text.matchAll(/siblingModule\(import\.meta\.url, '([a-z/-]+)'\)/g)].map(
      ([, name]) => `${dirname(file)}/${name}.ts`,
    ),
  )
  expect(named.length).toBeGreaterThan(8)
  for (const file of named) {
    const { text } = sources.find((source) => source.file === file.replace(/[^/]+\/\.\.\//, '')) ?? { text: '' }
    expect(text, file).toMatch(
      /export (async )?function (provider|program|seed|prepare|createTemplate|readConfig)\b|^export default|process\.argv/m,
    )
  }
})

/** The first cycle of the import graph, as the path of its files. */
function findCycle(files: readonly Source[]): string | undefined {
  const graph = new Map(
    files.map(({ file, text }) => [
      file,
      importsOf(text).flatMap((name) => (name.startsWith('.') ? [join(dirname(file), name)] : [])),
    ]),
  )
  const acyclic = new Set<string>()
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (acyclic.has(file)) return undefined
    for (const imported of graph.get(file) ?? []) {
      const cycle = visit(imported, [...path, file])
      if (cycle) return cycle
    }
    acyclic.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle) return cycle.join(' → ')
  }
  return undefined
}

function importsOf(text: string): readonly string[] {
  return [
    ...text.matchAll(/^(?:import|export)\b[^'\n]* from '([^']+)'|^(?:import|} from) '([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map(([, a, b, c]) => (a ?? b ?? c) as string)
}

function depthOf(path: string): number {
  return path.split('/').filter((part) => part === '..').length
}
