import { spawnSync } from 'node:child_process'

/** The test bed's variables when it is up; otherwise what the user has stands. */
export function bedEnvironment(): { readonly [name: string]: string } {
  const bed = spawnSync(process.execPath, ['e2e/testbed/main.ts', 'env'], { encoding: 'utf8' })
  if (bed.status !== 0) return {}
  const lines = bed.stdout.split('\n').flatMap((line) => /^export ([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ?? [])
  return Object.fromEntries(
    Array.from({ length: lines.length / 2 }, (_, i) => [lines[2 * i], lines[2 * i + 1]?.replace(/^['"]|['"]$/g, '')]),
  ) as { [name: string]: string }
}
