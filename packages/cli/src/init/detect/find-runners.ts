import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageManifest } from './package-manifest.ts'

export type RunnerName = 'vitest' | 'playwright' | 'jest' | 'node:test' | 'mocha' | 'pytest'

export interface Runner {
  readonly name: RunnerName
  /** Where it was found: a file, relative to the package's folder. */
  readonly source: string
  /** Path of its config file, if there is one. */
  readonly configFile: string | undefined
  /** The installed version, else the lowest one of the range in package.json. */
  readonly version: string | undefined
}

const ENDINGS = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs']
const PACKAGES: readonly { readonly name: RunnerName; readonly dependency: string; readonly configs: string[] }[] = [
  { name: 'vitest', dependency: 'vitest', configs: ['vitest.config', 'vite.config'] },
  { name: 'playwright', dependency: '@playwright/test', configs: ['playwright.config'] },
  { name: 'jest', dependency: 'jest', configs: ['jest.config'] },
  { name: 'mocha', dependency: 'mocha', configs: [] },
]
const PYTHON_FILES = ['pytest.ini', 'conftest.py', 'pyproject.toml', 'setup.cfg', 'tox.ini', 'requirements.txt']

/** The test runners of a package. */
export function findRunners(manifest: PackageManifest, files: readonly string[]): readonly Runner[] {
  const { folder, dependencies, scripts } = manifest
  const found: Runner[] = PACKAGES.flatMap(({ name, dependency, configs }) => {
    const range = dependencies[dependency]
    if (range === undefined) return []
    const configFile = configs
      .flatMap((config) => ENDINGS.map((ending) => join(folder, `${config}.${ending}`)))
      .find((file) => existsSync(file))
    const version = installedVersion(folder, dependency) ?? /\d+(\.\d+)*/.exec(range)?.[0]
    return [{ name, source: 'package.json', configFile, version }]
  })
  if (Object.values(scripts).some((script) => /\bnode\b.*\s--test\b/.test(script)))
    found.push({ name: 'node:test', source: 'package.json', configFile: undefined, version: undefined })
  const python = findPytest(folder, files)
  if (python !== undefined) found.push({ name: 'pytest', source: python, configFile: undefined, version: undefined })
  return found
}

/** True if version `a` is at least `b`; parts that are missing count as 0. An unknown version is new. */
export function isAtLeast(version: string | undefined, [major, minor]: readonly [number, number]): boolean {
  if (version === undefined) return true
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}

function installedVersion(folder: string, dependency: string): string | undefined {
  try {
    const text = readFileSync(join(folder, 'node_modules', dependency, 'package.json'), 'utf8')
    return (JSON.parse(text) as { readonly version?: string }).version
  } catch {
    // Nothing is installed yet, or the package manager keeps packages elsewhere.
    return undefined
  }
}

/** The file that shows that Python tests run by pytest: its own ones, or one that names it. */
function findPytest(folder: string, files: readonly string[]): string | undefined {
  const own = files.find((file) => /(^|\/)(pytest\.ini|conftest\.py)$/.test(file))
  if (own !== undefined) return own
  const named = files.filter((file) => PYTHON_FILES.includes(file) || /^requirements[\w-]*\.txt$/.test(file))
  return named.find((file) => /\bpytest\b/.test(readFileSync(join(folder, file), 'utf8')))
}
