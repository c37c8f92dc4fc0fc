import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The files of the table `From postgres() to a URL`, in order. */
function stepsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| \d+ \| `([^`]+)` \|/gm)].map(([, file = '']) => file)
}

// Called by name or by value: by the user's config, by the runner, as the argument of the runner's setup, and by the
// URL in a `ProviderRef`.
const ENTRIES = [
  'packages/services/src/presets/postgres.ts',
  'packages/moorage/src/define-config.ts',
  'packages/vitest/src/setup.ts',
  'packages/moorage/src/provision.ts',
  'packages/provider-docker/src/provider.ts',
]

/**
 * The sources that a source names: by its imports, through the entry of another package too, or as a module to start.
 */
function namedIn(file: string, read: (file: string) => string): readonly string[] {
  const text = read(file)
  const relative = [...text.matchAll(/'(\.\.?\/[\w./-]+)'/g)].map(([, path = '']) => {
    const target = join(dirname(file), path)
    return target.endsWith('.ts') ? target : `${target}.ts`
  })
  const entries = [...text.matchAll(/'@moorage\/core(?:\/([\w-]+))?'/g)].map(
    ([, entry = 'index']) => `packages/core/src/${entry}.ts`,
  )
  return [...relative, ...entries.flatMap((entry) => namedIn(entry, read))]
}

/** Steps that no earlier step leads to, directly or through one file of the step's own folder. */
function unreached(steps: readonly string[], read: (file: string) => string): readonly string[] {
  return steps.filter((step, i) => {
    if (ENTRIES.includes(step)) return false
    const named = new Set(steps.slice(0, i).flatMap((earlier) => namedIn(earlier, read)))
    const siblings = [...named].filter((file) => dirname(file) === dirname(step) && existsSync(file))
    return !named.has(step) && !siblings.some((file) => namedIn(file, read).includes(step))
  })
}

describe('docs/architecture.md: from postgres() to a URL', () => {
  const steps = stepsOf(readFileSync('docs/architecture.md', 'utf8'))
  const read = (file: string): string => readFileSync(file, 'utf8')

  test('takes at most 30 files, each of them once', () => {
    expect(steps.length).toBeGreaterThan(20)
    expect(steps.length).toBeLessThanOrEqual(30)
    expect(new Set(steps).size).toBe(steps.length)
  })

  test('an earlier step leads to each step', () => {
    expect(steps.filter((file) => !existsSync(file))).toEqual([])
    expect(unreached(steps, read)).toEqual([])
  })

  test('the check can fail: a step is left out', () => {
    const withoutTransport = steps.filter((file) => !file.endsWith('/client/transport.ts'))
    expect(unreached(withoutTransport, read)).toEqual(['packages/core/src/supervisor/supervisor-main.ts'])
  })
})
