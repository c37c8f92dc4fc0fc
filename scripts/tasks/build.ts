import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { build } from 'esbuild'

// The published package holds the private ones, file by file: what names a module by its place finds it there too.
const dist = resolve('packages/moorage/dist')
rmSync(dist, { recursive: true, force: true })
const emit = ['--noEmit', 'false', '--rootDir', 'packages', '--outDir', 'packages/moorage/dist/lib']
execFileSync(
  process.execPath,
  [resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json', ...emit, '--rewriteRelativeImportExtensions'],
  { stdio: 'inherit' },
)

interface Manifest {
  readonly exports: { readonly [subpath: string]: string }
}

/** File of a private package's subpath, as compiled. */
function compiled(name: string, subpath: string, ending: string): string {
  const manifest = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8')) as Manifest
  const source = manifest.exports[`.${subpath}`]
  if (!source) throw new RangeError(`@moorage/${name} has no export .${subpath}`)
  return resolve(dist, 'lib', name, source.replace(/\.ts$/, ending))
}

for (const file of globSync(`${dist}/lib/**/*.{js,d.ts}`)) {
  const text = readFileSync(file, 'utf8')
  const out = text
    .replace(/(['"])@moorage\/([a-z-]+)((?:\/[a-z-]+)*)\1/g, (_, quote: string, name: string, subpath: string) => {
      const path = relative(dirname(file), compiled(name, subpath, '.js'))
      return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
    })
    // Declarations keep the sources' endings.
    .replace(/(from |import\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2')
  if (out !== text) writeFileSync(file, out)
}

await bundle('provider-kubernetes/src/vendor/proxy-agents', 'hpagent and socks-proxy-agent (MIT)')
await bundle('provider-kubernetes/src/vendor/yaml', 'js-yaml (MIT)')
await bundle('provider-kubernetes/src/vendor/websocket', 'ws (MIT)')
await bundle('build/src/vendor/tar', 'tar-stream (MIT)')
await bundle('provider-kubernetes/src/vendor/tar', 'tar-stream (MIT)')
await bundle('core/src/vendor/dockerignore', '@balena/dockerignore (Apache-2.0)')
await bundle('core/src/vendor/ci-vendors', 'ci-info (MIT)')
await bundle('services/src/vendor/send', 'send and negotiator (MIT)')
await bundle('services/src/vendor/pg-protocol', 'pg-protocol (MIT)')
// What CommonJS tests load. Jest cannot require ES modules.
await commonJsBuild('moorage/src/test')
for (const name of ['mongodb', 'postgres', 'redis']) await commonJsBuild(`services/src/isolation/${name}`)
writeFileSync(resolve(dist, 'lib/moorage/src/test.d.cts'), commonJsTypes(['isolated', 'logs', 'services']))
for (const name of [
  'kubernetes-role.yaml',
  'kubernetes-lease-role.yaml',
  'kubernetes-cluster-role.yaml',
  'kubernetes-deleter-cluster-role.yaml',
])
  copyFileSync(`docs/${name}`, `packages/moorage/${name}`)
for (const name of ['README.md', 'LICENSE']) copyFileSync(name, `packages/moorage/${name}`)

/** A file of a package with the library that it names inside. */
async function bundle(file: string, library: string): Promise<void> {
  await build({
    entryPoints: [resolve(`packages/${file}.ts`)],
    outfile: resolve(dist, `lib/${file}.js`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    legalComments: 'eof',
    // CommonJS packages in it call require.
    banner: {
      js: `// Bundled: ${library} and what it needs.\nimport { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)`,
    },
    external: ['bufferutil', 'utf-8-validate'],
    logLevel: 'warning',
  })
}

/** A compiled file and what it imports as one CommonJS file beside it. It names other files by its own place. */
async function commonJsBuild(file: string): Promise<void> {
  await build({
    entryPoints: [resolve(dist, `lib/${file}.js`)],
    outfile: resolve(dist, `lib/${file}.cjs`),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href" },
    logLevel: 'warning',
  })
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
