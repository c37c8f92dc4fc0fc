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

/** Rows of three cells: a statement, tests as `file`: title, mutants by name. */
function statementsIn(markdown: string): readonly Statement[] {
  const rows = [...markdown.matchAll(/^\| ([^|\n]+) \| (`[^|\n]+) \|([^|\n]*)\|$/gm)]
  return rows.map(([, text = '', tests = '', mutants = '']) => ({
    text,
    tests: tests.split('<br>').map((cell) => {
      const [, file = cell, title = ''] = /^`([^`]+)`: (.+)$/.exec(cell) ?? []
      return { file, title }
    }),
    mutants: mutants.trim().split('<br>').filter(Boolean),
  }))
}

/** What a statement names and is not there. */
function missingOf({ text, tests, mutants }: Statement): readonly string[] {
  const gone = tests
    .filter(({ file, title }) => !title || !existsSync(file) || !titles(file).has(title))
    .map(({ file, title }) => `${file}: ${title}`)
  const unknown = mutants.filter((name) => !allMutants.some((mutant) => mutant.name === name))
  return [
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
  expect(statements.length).toBe(document.match(/^\| (?!statement|command|`npm )/gm)?.length)
  expect(statements.length).toBeGreaterThan(20)
  // Those without one stand under a heading that says so.
  const [proved = ''] = document.split('## Proven without a mutant')
  expect(statementsIn(proved).filter(({ mutants }) => !mutants.length)).toEqual([])
  expect(statements.flatMap(missingOf)).toEqual([])
})

test('the check can fail: a wrong title, a wrong file, a wrong mutant', () => {
  const [first] = statementsIn(document)
  const { file = '', title = '' } = first?.tests[0] ?? {}
  const row = (path: string, name: string, mutant: string): readonly string[] =>
    statementsIn(`| Always | \`${path}\`: ${name} | ${mutant} |`).flatMap(missingOf)
  expect(row(file, title, 'lifeline off')).toEqual([])
  expect(row(file, `${title} not`, 'lifeline off')).toEqual([`Always: there is no test ${file}: ${title} not`])
  expect(row('test/nowhere.test.ts', title, 'lifeline off')).toEqual([
    `Always: there is no test test/nowhere.test.ts: ${title}`,
  ])
  expect(row(file, title, 'lifelines off')).toEqual(["Always: there is no mutant 'lifelines off'"])
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
