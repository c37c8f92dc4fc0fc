import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  anyPerThousandLines,
  commentShare,
  contractTests,
  errorClasses,
  filesPerProvider,
  fileSizes,
  firstCodeLine,
  lineCount,
  requiredProviderMembers,
  siblingParity,
} from '../source-metrics.ts'

// `npm run scorecard`: measures the layout and style of the sources, against targets and the best of six well-kept
// repositories. 5: the target is met; 4: better than the best of them; 3: level with it; 0: worse than the worst.
interface Point {
  readonly name: string
  readonly value: string
  readonly target: string
  /** Undefined for what only a reader can judge. */
  readonly score: number | undefined
}

interface Scale {
  readonly target: number
  readonly best: number
  readonly worst: number
}

/** For a value of which less is better. */
function scoreOf(value: number, { target, best, worst }: Scale): number {
  if (value <= target) return 5
  if (value < best) return 4
  if (value > worst) return 0
  return Math.max(1, Math.round(3 - (2 * (value - best)) / (worst - best || 1)))
}

function points(): readonly Point[] {
  const code = firstCodeLine()
  const members = requiredProviderMembers()
  const sizes = fileSizes()
  const parity = siblingParity()
  const edited = filesPerProvider()
  const violations = brokenBoundaries()
  const { own, bare } = errorClasses()
  const { block, line, params } = commentShare()
  const anys = anyPerThousandLines()
  const { passing, all, mocks } = contractTests()
  const root = rootNoise()
  const sizeScores = [
    scoreOf(sizes.median, { target: 100, best: 34, worst: 165 }),
    scoreOf(sizes.p90, { target: 200, best: 123, worst: 626 }),
    scoreOf(sizes.max, { target: 250, best: 243, worst: 2_778 }),
  ]
  const rootScores = [
    scoreOf(root.entries, { target: 15, best: 17, worst: 33 }),
    scoreOf(root.lintLines, { target: 30, best: 5, worst: 533 }),
    scoreOf(root.rulesOff, { target: 3, best: 0, worst: 63 }),
  ]
  return [
    { name: '1 Tree reads itself', value: 'n/a', target: 'a reader judges', score: undefined },
    {
      name: '2 First code in the README',
      value: code === undefined ? 'none' : `line ${code}`,
      target: '≤ 30',
      score: scoreOf(code ?? Infinity, { target: 30, best: 26, worst: 126 }),
    },
    {
      name: '3 Required members of Provider',
      value: `${members.length} (${members.join(', ')})`,
      target: '≤ 4',
      score: scoreOf(members.length, { target: 4, best: 1, worst: 34 }),
    },
    {
      name: '4 Files edited for one more provider',
      value: `${edited}; one of a user's own: 0, passed by value`,
      target: '0',
      score: Math.max(0, 5 - edited),
    },
    {
      name: '5 Sibling parity',
      value: `${parity.toFixed(0)} %`,
      target: '≥ 80 %',
      score: parity >= 80 ? 5 : Math.floor(parity / 20),
    },
    {
      name: '6 File size, median/p90/max',
      value: `${sizes.median}/${sizes.p90}/${sizes.max}`,
      target: '≤ 100/200/250',
      score: Math.min(...sizeScores),
    },
    {
      name: '7 Direction',
      value: `${violations} rules broken, enforced by test/boundaries.test.ts`,
      target: '0, a test',
      score: violations ? 0 : 5,
    },
    {
      name: '8 Error classes : bare new Error',
      value: `${own}:${bare}`,
      target: 'bare = 0',
      score: scoreOf(bare, { target: 0, best: 6, worst: 158 }),
    },
    {
      name: '9 Comments, block + line; @param',
      value: `${block.toFixed(1)} % + ${line.toFixed(1)} %; ${params}`,
      target: '3–12 % in all; 0',
      score: params ? 3 : block + line >= 3 && block + line <= 12 ? 5 : block + line < 20 ? 4 : 1,
    },
    {
      name: '10 any per 1000 lines',
      value: anys.toFixed(2),
      target: '0',
      score: scoreOf(anys, { target: 0, best: 0.4, worst: 10.5 }),
    },
    {
      name: '11 Providers in the contract suite; mocks',
      value: `${passing}/${all}; ${mocks}`,
      target: 'all; 0',
      score: passing === all && !mocks ? 5 : 1,
    },
    {
      name: '12 Root entries/lint lines/rules off',
      value: `${root.entries}/${root.lintLines}/${root.rulesOff}`,
      target: '≤ 15/30/3',
      score: Math.min(...rootScores),
    },
  ]
}

/** Rules of test/boundaries.test.ts that do not hold. */
function brokenBoundaries(): number {
  const report = join(mkdtempSync(join(tmpdir(), 'moorage-scorecard-')), 'report.json')
  try {
    const argv = ['run', '--project', 'unit', 'test/boundaries.test.ts', '--reporter=json', `--outputFile=${report}`]
    spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...argv])
    return (JSON.parse(readFileSync(report, 'utf8')) as { numFailedTests: number }).numFailedTests
  } finally {
    rmSync(dirname(report), { recursive: true })
  }
}

function rootNoise(): { readonly entries: number; readonly lintLines: number; readonly rulesOff: number } {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  const names = files
    .split('\n')
    .filter((file) => file && existsSync(file))
    .map((file) => file.split('/')[0])
  const lint = readFileSync(['.oxlintrc.json', 'scripts/oxlint.json'].find((file) => existsSync(file)) ?? '', 'utf8')
  return {
    entries: new Set(names).size,
    lintLines: lineCount(lint),
    rulesOff: new Set([...lint.matchAll(/"([^"]+)": "off"/g)].map(([, rule]) => rule)).size,
  }
}

const rows = points()
for (const { name, value, target, score } of rows)
  process.stdout.write(`${name.padEnd(42)} ${value.padEnd(52)} ${target.padEnd(18)} ${score ?? '-'}\n`)
const low = rows.filter(({ score }) => score !== undefined && score < 4)
process.stdout.write(`\n${low.length ? `below 4: ${low.map(({ name }) => name).join('; ')}` : 'every point 4 or 5'}\n`)
process.exitCode = low.length ? 1 : 0
