import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { allMutants } from '../../e2e/mutants/all.ts'
import { copyTree } from '../../e2e/mutants/tree.ts'

test(
  'with a guarantee taken out, a world fails, and the command that is printed shows it again',
  { timeout: 60_000 },
  () => {
    using tree = copyTree()
    const lifeline = allMutants.find(({ name }) => name === 'lifeline off')
    if (!lifeline) throw new RangeError("there is no mutant 'lifeline off'")
    using _ = tree.mutate(lifeline)
    const simulate = (...args: readonly string[]): { readonly status: number | null; readonly stdout: string } =>
      spawnSync(process.execPath, ['scripts/tasks/simulate.ts', ...args], { cwd: tree.folder, encoding: 'utf8' })
    const all = simulate('--worlds', '20')
    expect(all.status).toBe(1)
    const [, first, violation] = /^seed (\d+): (.+)$/m.exec(all.stdout) ?? []
    const [, seed] = /replay: npm run simulate -- --seed (\d+)/.exec(all.stdout) ?? []
    expect(seed).toBe(first)
    const again = simulate('--seed', String(seed))
    expect(again.status).toBe(1)
    expect(again.stdout.split('\n')).toContain(violation)
    // The world as it was: event by event.
    expect(simulate('--seed', String(seed)).stdout).toBe(again.stdout)
  },
)
