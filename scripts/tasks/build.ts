import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { bundledLicenses } from '../bundled-licenses.ts'

// The published package holds the private ones: a file for each module that users import or that moorage opens by its
// path, and chunks for the code that these share. Node loads ten files faster than hundreds.
const packages = resolve('packages')
const dist = resolve('packages/moorage/dist')
const lib = resolve(dist, 'lib')
rmSync(dist, { recursive: true, force: true })

interface Manifest {
  readonly exports: { readonly [subpath: string]: string | { readonly 'moorage-source': string } }
  readonly dependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

const manifest = readManifest('moorage')
const sources = globSync(`${packages}/*/src/**/*.ts`).map((file) => ({ file, text: readFileSync(file, 'utf8') }))
const exported = Object.values(manifest.exports).map((target) =>
  resolve(packages, 'moorage', typeof target === 'string' ? target : target['moorage-source']),
)
const entryPoints = [
  ...exported,
  ...['moorage/src/cli-main.ts', 'core/src/runner.ts'].map(inPackages),
  ...filesNamedBy(/siblingModule\(import\.meta\.url, '([^']+)'\)/g).map((path) => `${path}.ts`),
]
const importedLate = filesNamedBy(/await import\('(\.[^']+)'\)/g)

// esbuild makes a chunk for each set of entries that share code: dozens. What all entries import is one chunk.
const SHARED = ['core/src/index.ts', 'core/src/provider.ts'].map(
  (file) => `import ${JSON.stringify(inPackages(file))}\n`,
)
const IMPORTS_OWN_CODE = /^(?:import|export) (?!type ).*'(?:\.|@moorage\/)/m

/** Replaces import.meta.url by a call with the source's path, because a chunk holds modules of many folders. */
const preparedSources = (entries: ReadonlySet<string>): Plugin => ({
  name: 'prepared-sources',
  setup({ onLoad }) {
    onLoad({ filter: /\/packages\/compose\/src\/schema-validator\.ts$/ }, async () => ({
      contents: await compiledSchema(),
      resolveDir: inPackages('compose'),
    }))
    const texts = new Map(sources.map(({ file, text }) => [file, text]))
    onLoad({ filter: /\/packages\/[a-z-]+\/src\/.*\.ts$/ }, ({ path }) => {
      const text = texts.get(path) ?? ''
      const url = JSON.stringify(relative(packages, path).replace(/\.ts$/, '.js'))
      const shared = entries.has(path) && IMPORTS_OWN_CODE.test(text) ? SHARED : []
      return { contents: [...shared, text.replaceAll('import.meta.url', `$moduleUrl(${url})`)].join(''), loader: 'ts' }
    })
  },
})

/** The files that the bundles contain. */
const bundled = new Set<string>()

const common: BuildOptions = {
  outbase: packages,
  outdir: lib,
  bundle: true,
  platform: 'node',
  target: 'node22',
  external: [
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    'bufferutil',
    'utf-8-validate',
  ],
  logLevel: 'warning',
}

await Promise.all([
  declarations(),
  bundle({
    ...common,
    entryPoints,
    plugins: [preparedSources(new Set([...entryPoints, ...importedLate]))],
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  }),
  // What CommonJS tests load. Jest cannot require ES modules.
  bundle({
    ...common,
    entryPoints: ['moorage/src/test.ts', ...['mongodb', 'postgres', 'redis'].map(isolationModule)].map(inPackages),
    plugins: [preparedSources(new Set())],
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  }),
])
writeFileSync(resolve(dist, 'bundled-licenses.md'), bundledLicenses([...bundled]))
writeFileSync(resolve(dist, 'lib/moorage/src/test.d.cts'), commonJsTypes(['isolated', 'logs', 'services']))
for (const name of [
  'kubernetes-role.yaml',
  'kubernetes-lease-role.yaml',
  'kubernetes-cluster-role.yaml',
  'kubernetes-deleter-cluster-role.yaml',
])
  copyFileSync(`docs/${name}`, `packages/moorage/${name}`)
cpSync('packages/cli/templates', resolve(lib, 'cli/templates'), { recursive: true, dereference: true })
writeFileSync('packages/moorage/compose.schema.json', editorSchema())

for (const name of ['README.md', 'LICENSE']) copyFileSync(name, `packages/moorage/${name}`)
// What `moorage explain` prints.
rmSync('packages/moorage/docs', { recursive: true, force: true })
cpSync('docs/errors', 'packages/moorage/docs/errors', { recursive: true })

/** The JSON schema of the Compose Specification with `x-moorage`, for the editors of users. */
function editorSchema(): string {
  interface Schema {
    readonly properties: object
    readonly $defs: { readonly service: { readonly properties: object } }
  }
  const read = (name: string): unknown => JSON.parse(readFileSync(inPackages(`compose/schema/${name}.json`), 'utf8'))
  const { $defs, properties, ...schema } = read('compose-spec') as Schema
  const own = read('x-moorage') as { readonly service: object; readonly file: object }
  const service = { ...$defs.service, properties: { ...$defs.service.properties, 'x-moorage': own.service } }
  return JSON.stringify({
    ...schema,
    $id: 'moorage-compose.json',
    properties: { ...properties, 'x-moorage': own.file },
    $defs: { ...$defs, service },
  })
}

/** The JSON schema of the Compose Specification as code, so that users install and load no validator. */
async function compiledSchema(): Promise<string> {
  const requireFrom = createRequire(inPackages('compose/package.json'))
  const { Ajv2020 } = requireFrom('ajv/dist/2020.js') as typeof import('../../packages/compose/src/vendor/ajv.ts')
  const { default: standaloneCode } = requireFrom('ajv/dist/standalone/index.js') as {
    readonly default: (ajv: object, validate: object) => string
  }
  const { AJV_OPTIONS } = await import('../../packages/compose/src/ajv-options.ts')
  const ajv = new Ajv2020({ ...AJV_OPTIONS, code: { source: true, esm: true } })
  const schema = JSON.parse(readFileSync(inPackages('compose/schema/compose-spec.json'), 'utf8')) as object
  const notice = '//! From the JSON schema of the Compose Specification, Apache License 2.0, compiled by ajv (MIT).\n'
  return `${notice}${standaloneCode(ajv, ajv.compile(schema))}`
}

/** Emits the declarations, whose imports of private packages become relative paths. */
async function declarations(): Promise<void> {
  const emit = ['--noEmit', 'false', '--emitDeclarationOnly', '--rootDir', 'packages', '--outDir', lib]
  await promisify(execFile)(process.execPath, [
    resolve('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.json',
    ...emit,
  ])
  for (const file of globSync(`${lib}/**/*.d.ts`)) {
    const text = readFileSync(file, 'utf8')
    const out = text
      .replace(/(['"])@moorage\/([a-z-]+)((?:\/[a-z-]+)*)\1/g, (_, quote: string, name: string, subpath: string) => {
        const target = readManifest(name).exports[`.${subpath}`]
        if (typeof target !== 'string') throw new RangeError(`@moorage/${name} has no export .${subpath}`)
        return `${quote}${relativeImport(file, resolve(lib, name, target))}${quote}`
      })
      // Declarations keep the sources' endings.
      .replace(/(from |import\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2')
    if (out !== text) writeFileSync(file, out)
  }
}

async function bundle(options: BuildOptions): Promise<void> {
  const { outputFiles = [], metafile } = await build({ ...options, write: false, metafile: true })
  for (const file of Object.keys(metafile.inputs)) bundled.add(resolve(file))
  const [own, requiring] =
    options.format === 'esm'
      ? [
          'import.meta.url',
          "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n",
        ]
      : ["require('node:url').pathToFileURL(__filename).href", '']
  for (const { path, text } of outputFiles) {
    const out = text.replace(/\$moduleUrl\("([^"]+)"\)/g, (_, module: string) => {
      const target = relative(dirname(path), resolve(lib, module))
      return `new URL(${JSON.stringify(target)}, ${own}).href`
    })
    mkdirSync(dirname(path), { recursive: true })
    // CommonJS libraries call require.
    writeFileSync(path, out.includes('typeof require') ? requiring + out : out)
  }
}

/** The files whose relative paths a pattern finds in the sources. */
function filesNamedBy(pattern: RegExp): readonly string[] {
  return sources.flatMap(({ file, text }) =>
    [...text.matchAll(pattern)].map(([, path = '']) => resolve(dirname(file), path)),
  )
}

function inPackages(file: string): string {
  return resolve(packages, file)
}

function isolationModule(name: string): string {
  return `services/src/isolation/${name}.ts`
}

function relativeImport(from: string, to: string): string {
  const path = relative(dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

function readManifest(name: string): Manifest {
  return JSON.parse(readFileSync(resolve(packages, name, 'package.json'), 'utf8')) as Manifest
}

/** Declarations of the CommonJS build of `moorage/test`: the types of the ES module, so that both are one. */
function commonJsTypes(names: readonly string[]): string {
  const types = "import('./test.js', { with: { 'resolution-mode': 'import' } })"
  return [
    ...names.map((name) => `export declare const ${name}: (typeof ${types})['${name}']`),
    `export type IsolatedOptions = ${types}.IsolatedOptions`,
    '',
  ].join('\n')
}
