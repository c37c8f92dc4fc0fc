import { readFileSync } from 'node:fs'
import { arch, platform, release } from 'node:os'
import { dirname, join } from 'node:path'
import type { CheckResult } from '@moorage/core'
import type { DoctorContext } from './check.ts'

interface KnownPackage {
  readonly name: string
  /** The oldest version that works, as major and minor. */
  readonly oldest: readonly [major: number, minor: number]
}

// The peer dependencies of packages/moorage/package.json.
const PACKAGES: readonly KnownPackage[] = [
  { name: 'vitest', oldest: [3, 2] },
  { name: '@playwright/test', oldest: [1, 50] },
  { name: 'testcontainers', oldest: [12, 0] },
  { name: '@kubernetes/client-node', oldest: [2, 0] },
]

/** The versions of moorage, of Node, and of the packages of the project that moorage works with. */
export function checkVersions({ version, root }: Pick<DoctorContext, 'version' | 'root'>): readonly CheckResult[] {
  return [
    { status: 'ok', text: `moorage ${version}, Node ${process.versions.node}, ${platform()} ${release()} ${arch()}` },
    ...PACKAGES.flatMap((known) => {
      const installed = installedVersion(known.name, root)
      return installed === undefined ? [] : [packageResult(known, installed)]
    }),
  ]
}

function packageResult({ name, oldest }: KnownPackage, installed: string): CheckResult {
  const [major = 0, minor = 0] = installed.split('.').map(Number)
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1])
  if (!isOld) return { status: 'ok', text: `${name} ${installed}` }
  const needed = oldest.join('.')
  return {
    status: 'warning',
    text: `${name} ${installed} is older than ${needed}, the oldest version that moorage works with`,
    fix: `Install a newer one: npm install --save-dev ${name}@latest.`,
  }
}

/** The version of a package in the nearest `node_modules` that has it. */
function installedVersion(name: string, folder: string): string | undefined {
  try {
    const manifest = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(manifest) as { version?: string }).version
  } catch {
    const parent = dirname(folder)
    return parent === folder ? undefined : installedVersion(name, parent)
  }
}
