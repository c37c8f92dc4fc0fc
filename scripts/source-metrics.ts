import { globSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'

export interface Source {
  readonly file: string
  readonly text: string
}

export const sources: readonly Source[] = globSync('packages/*/src/**/*.ts')
  .toSorted()
  .map((file) => ({ file, text: readFileSync(file, 'utf8') }))

export const PROVIDER_PACKAGES: readonly string[] = globSync('packages/provider-*/src/provider.ts').map((path) =>
  basename(dirname(dirname(path))),
)

function occurrences(pattern: RegExp): number {
  return sources.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0)
}

export function lineCount(text: string): number {
  return text.trimEnd().split('\n').length
}

/** Lines per file. */
export function fileSizes(): { readonly median: number; readonly p90: number; readonly max: number } {
  const sizes = sources.map(({ text }) => lineCount(text)).toSorted((a, b) => a - b)
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] ?? 0
  return { median: at(0.5), p90: at(0.9), max: at(1) }
}

/** The line of the README's first JavaScript or TypeScript example; undefined without one. */
export function firstCodeLine(): number | undefined {
  const line = readFileSync('README.md', 'utf8')
    .split('\n')
    .findIndex((text) => /^```(ts|js|typescript|javascript)\b/.test(text))
  return line < 0 ? undefined : line + 1
}

/** The members that a provider has to implement. */
export function requiredProviderMembers(): readonly string[] {
  const body = sources.map(({ text }) => /^export interface Provider \{\n([^]*?)^\}/m.exec(text)?.[1]).find(Boolean)
  if (body === undefined) throw new RangeError('no source declares the interface Provider')
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)(\??)[:(<]/gm)].flatMap(([, name, optional]) =>
    name && !optional ? [name] : [],
  )
}

/** Files outside a provider's own folder that import it, for each built-in provider: the most of them. */
export function filesPerProvider(): number {
  const counts = PROVIDER_PACKAGES.map(
    (name) =>
      sources.filter(({ file, text }) => !file.startsWith(`packages/${name}/`) && text.includes(`'@moorage/${name}'`))
        .length,
  )
  return Math.max(...counts)
}

/** Of the top-level files of all providers, the percentage whose name every provider has. */
export function siblingParity(): number {
  const names = PROVIDER_PACKAGES.map((name) =>
    sources.filter(({ file }) => dirname(file) === `packages/${name}/src`).map(({ file }) => basename(file)),
  )
  const shared = names.flat().filter((name) => names.every((each) => each.includes(name)))
  return (100 * shared.length) / names.flat().length
}

export function errorClasses(): { readonly own: number; readonly bare: number } {
  return { own: occurrences(/^(export )?class \w+ extends \w*Error\b/gm), bare: occurrences(/\bnew Error\(/g) }
}

/** Percent of the lines that are not blank. */
export function commentShare(): { readonly block: number; readonly line: number; readonly params: number } {
  let [block, line, all] = [0, 0, 0]
  for (const { text } of sources) {
    let inBlock = false
    for (const row of text.split('\n').map((each) => each.trim())) {
      if (!row) continue
      all += 1
      if (row.startsWith('/*')) inBlock = true
      if (inBlock) block += 1
      else if (row.startsWith('//')) line += 1
      if (row.endsWith('*/')) inBlock = false
    }
  }
  return { block: (100 * block) / all, line: (100 * line) / all, params: occurrences(/@param\b/g) }
}

/** Uses of the type `any` per thousand lines. */
export function anyPerThousandLines(): number {
  const uses = sources.reduce((sum, { text }) => {
    const code = text.replace(/\/\*[^]*?\*\/|\/\/.*|'[^'\n]*'/g, '')
    return sum + (code.match(/[:<]\s*any\b|\bas any\b|\bany\[\]/g)?.length ?? 0)
  }, 0)
  return (1_000 * uses) / sources.reduce((sum, { text }) => sum + lineCount(text), 0)
}

/** Providers that pass the contract suite, and mocks of modules in the tests. */
export function contractTests(): { readonly passing: number; readonly all: number; readonly mocks: number } {
  const passing = PROVIDER_PACKAGES.filter((name) =>
    globSync(`test/contract/${name.replace('provider-', '')}.test.ts`).some((file) =>
      readFileSync(file, 'utf8').includes('testProvider('),
    ),
  )
  const mocks = globSync('{test,e2e}/**/*.ts', { exclude: (path) => path.includes('node_modules') }).filter((file) =>
    /\bvi\.(do)?mock\(/.test(readFileSync(file, 'utf8')),
  )
  return { passing: passing.length, all: PROVIDER_PACKAGES.length, mocks: mocks.length }
}
