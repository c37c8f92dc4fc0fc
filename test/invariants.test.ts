import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allMutants } from '../e2e/mutants/all.ts'
import type { Mutant } from '../e2e/mutants/mutants.ts'

interface Statement {
  readonly text: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
  readonly mutants: readonly string[]
}

const document = readFileSync('docs/invariants.md', 'utf8')

/**
 * Top-level bullets are statements; the bullets below each are its evidence: "test `file`: title" or "mutant `name`".
 */
function statementsIn(markdown: string): readonly Statement[] {
  const bullets = [...markdown.matchAll(/^- ((?:.+\n {2}(?! *- ))*.+)\n((?: {2}- .+\n)*)/gm)]
  return bullets.map(([, text = '', evidence = '']) => {
    const cited = (kind: RegExp): readonly string[] => [...evidence.matchAll(kind)].map(([, what = '']) => what)
    return {
      text: text.replaceAll(/\s+/g, ' '),
      tests: cited(/^ {2}- test (.+)$/gm).map((what) => {
        const [, file = what, title = ''] = /^`([^`]+)`: (.+)$/.exec(what) ?? []
        return { file, title }
      }),
      mutants: cited(/^ {2}- mutant `([^`]+)`$/gm),
    }
  })
}

/** Bullets that the parser does not understand would prove nothing unnoticed. */
function unreadBullets(markdown: string): number {
  const read = statementsIn(markdown).reduce((sum, { tests, mutants }) => sum + 1 + tests.length + mutants.length, 0)
  return (markdown.match(/^ *[-*+] /gm)?.length ?? 0) - read
}

/** What a statement names and is not there. */
function missingOf({ text, tests, mutants }: Statement): readonly string[] {
  const gone = tests
    .filter(({ file, title }) => !title || !existsSync(file) || !titles(file).has(title))
    .map(({ file, title }) => `${file}: ${title}`)
  const unknown = mutants.filter((name) => !allMutants.some((mutant) => mutant.name === name))
  return [
    ...(tests.length ? [] : [`${text}: there is no test`]),
    ...gone.map((what) => `${text}: there is no test ${what}`),
    ...unknown.map((name) => `${text}: there is no mutant '${name}'`),
  ]
}

/** As the source writes them, in a call of `test` or `describe`, or in what is called with the cases of one. */
function titles(file: string): ReadonlySet<string> {
  const calls = readFileSync(file, 'utf8').matchAll(
    /(?:\b(?:test|describe)(?:\.\w+)?|\))\(\s*(?:'((?:[^'\\\n]|\\.)+)'|"([^"\n]+)"|`([^`\n]+)`)/g,
  )
  return new Set([...calls].map(([, single, double, template]) => (single ?? double ?? template) as string))
}

test('every statement has a test and a mutant, and they exist', () => {
  const statements = statementsIn(document)
  expect(unreadBullets(document)).toBe(0)
  expect(statements.length).toBeGreaterThan(20)
  // Those without one stand under a heading that says so.
  const [proved = ''] = document.split('## Proven without a mutant')
  expect(statementsIn(proved).filter(({ mutants }) => !mutants.length)).toEqual([])
  expect(statements.flatMap(missingOf)).toEqual([])
})

test('the check can fail: a wrong title, a wrong file, a wrong mutant, no test, a bullet that is not understood', () => {
  const [first] = statementsIn(document)
  const { file = '', title = '' } = first?.tests[0] ?? {}
  const entry = (path: string, name: string, mutant: string): string =>
    `- It always\n  holds.\n  - test \`${path}\`: ${name}\n  - mutant \`${mutant}\`\n`
  const missing = (markdown: string): readonly string[] => statementsIn(markdown).flatMap(missingOf)
  expect(missing(entry(file, title, 'lifeline off'))).toEqual([])
  expect(missing(entry(file, `${title} not`, 'lifeline off'))).toEqual([
    `It always holds.: there is no test ${file}: ${title} not`,
  ])
  expect(missing(entry('test/nowhere.test.ts', title, 'lifeline off'))).toEqual([
    `It always holds.: there is no test test/nowhere.test.ts: ${title}`,
  ])
  expect(missing(entry(file, title, 'lifelines off'))).toEqual(["It always holds.: there is no mutant 'lifelines off'"])
  expect(missing('- It always holds.\n\n')).toEqual(['It always holds.: there is no test'])
  expect(unreadBullets(entry(file, title, 'lifeline off'))).toBe(0)
  expect(unreadBullets(entry(file, title, 'lifeline off').replace('- mutant `', '- mutants `'))).toBe(1)
  expect(unreadBullets(`${entry(file, title, 'lifeline off')}    - deeper\n`)).toBe(1)
})

const PLACEHOLDER = /%[sdifjo#$]|\$\{[^}]*\}|\$[a-z][\w.]*/gi

/** A title as a pattern: each placeholder of `test.each` and each `${…}` stands for any text. */
function titlePattern(title: string): RegExp {
  const parts = title.replace(/\\(['"`])/g, '$1').split(PLACEHOLDER)
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`)
}

/** Whether a file has a test whose own title is the last part of this name, `describe > test`. */
function hasTest(file: string, name: string): boolean {
  const title = name.split(' > ').at(-1) ?? ''
  // A title that is a placeholder alone would match everything: then the file has the text as a case.
  const patterns = [...titles(file)].filter((found) => found.replace(PLACEHOLDER, '').trim()).map(titlePattern)
  return patterns.some((pattern) => pattern.test(title)) || readFileSync(file, 'utf8').includes(`'${title}'`)
}

function withoutTest(all: readonly Pick<Mutant, 'name' | 'test'>[]): readonly string[] {
  return all
    .filter(({ test: { file, name } }) => !existsSync(file) || !hasTest(file, name))
    .map(({ name, test: { file, name: title } }) => `${name}: there is no test ${file}: ${title}`)
}

test("every mutant's test exists", () => {
  expect(withoutTest(allMutants)).toEqual([])
})

test('the check of mutants can fail: a wrong title, a wrong file; placeholders stand for any text', () => {
  const [first] = allMutants
  const { name, test: ref } = first as Mutant
  const mutant = (file: string, title: string): Pick<Mutant, 'name' | 'test'> => ({
    name,
    test: { ...ref, file, name: title },
  })
  expect(withoutTest([mutant(ref.file, 'no test has this title')])).toHaveLength(1)
  expect(withoutTest([mutant('test/nowhere.test.ts', ref.name)])).toHaveLength(1)
  expect(withoutTest([mutant(ref.file, ref.name)])).toEqual([])
  expect(titlePattern('Vitest %i, ${signal} of $name: done.').test('Vitest 5, SIGINT of a.b: done.')).toBe(true)
  expect(titlePattern('Vitest %i: done.').test('Vitest 5: done, or not')).toBe(false)
})

test('every mutant stands in docs/invariants.md', () => {
  const named = new Set(statementsIn(document).flatMap(({ mutants }) => mutants))
  expect(allMutants.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([])
})

test('every mutant takes out what stands in the sources, once', () => {
  const times = ({ file, find }: Mutant): number =>
    existsSync(file) ? readFileSync(file, 'utf8').split(find).length - 1 : 0
  expect(
    allMutants
      .filter((mutant) => times(mutant) !== 1)
      .map((mutant) => `${mutant.name}: ${times(mutant)} times in ${mutant.file}`),
  ).toEqual([])
})
