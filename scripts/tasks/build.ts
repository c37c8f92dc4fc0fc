import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'

// The published package holds the private ones, file by file: what names a module by its place finds it there too.
const dist = resolve('packages/moorage/dist')
rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

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
  const out = text.replace(/(['"])@moorage\/([a-z-]+)((?:\/[a-z-]+)*)\1/g, (_, quote: string, name: string, subpath: string) => {
    const path = relative(dirname(file), compiled(name, subpath, '.js'))
    return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
  })
    // Declarations keep the sources' endings.
    .replace(/(from |import\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2')
  if (out !== text) writeFileSync(file, out)
}
