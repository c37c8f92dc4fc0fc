import { expect, test } from 'vitest'
import { KEY_TABLE } from '../../packages/compose/src/keys/key-table.ts'
import type { KeyRow, Treatment } from '../../packages/compose/src/keys/key-row.ts'

const INTRODUCTION = `# What moorage does with every key of a compose file

This page is made from the table that the reader of compose files uses (\`packages/compose/src/keys/key-table.ts\`):
\`node node_modules/vitest/vitest.mjs run -u --project unit test/compose/key-docs.test.ts\`. Another test compares the
table with the JSON schema of the Compose Specification, so every key has a row.

- **mapped**: honoured. Names such as \`env\` are options of a container, which providers honour or refuse by name.
- **warned**: the services run without it, and a line names the file, the line, the reason and what to do.
- **refused**: nothing starts. The error names the same.

\`*\` stands for a name of yours, and \`[]\` for an item of a list. A key that is warned about or refused covers the keys
below it, and passes with a value that changes nothing, such as \`false\`. Keys that begin with \`x-\` are ignored. A key
that is not in the table is refused.
`

const SECTIONS: readonly (readonly [title: string, prefix: string])[] = [
  ['The file', ''],
  ['A service', 'services.*.'],
  ['`build`', 'services.*.build'],
  ['`deploy`', 'services.*.deploy'],
]

function sectionOf(key: string): string {
  return SECTIONS.findLast(([, prefix]) => key.startsWith(prefix))?.[0] ?? ''
}

const ORDER: readonly Treatment[] = ['mapped', 'warned', 'refused']

function markdown(rows: readonly KeyRow[]): string {
  const tables = SECTIONS.map(([title, prefix]) => {
    const own = rows
      .filter(({ key }) => sectionOf(key) === title)
      .toSorted((a, b) => ORDER.indexOf(a.treatment) - ORDER.indexOf(b.treatment) || (a.key < b.key ? -1 : 1))
    const lines = own.map(({ key, treatment, note, alternative }) => {
      const shown = prefix === 'services.*.' ? key.slice(prefix.length) : key.replace(/^services\.\*\./, '')
      const text = note.replaceAll('|', '\\|')
      return `| \`${shown}\` | ${treatment} | ${text}${alternative === undefined ? '' : `. ${alternative.replaceAll('|', '\\|')}`} |`
    })
    return `## ${title}\n\n| key | | what it becomes, or why not and what to do |\n|---|---|---|\n${lines.join('\n')}\n`
  })
  return `${INTRODUCTION}\n${tables.join('\n')}`
}

test('docs/compose-keys.md has a row for every key', async () => {
  await expect(markdown(KEY_TABLE)).toMatchFileSnapshot('../../docs/compose-keys.md')
})

test('and the check can fail: a note that differs', () => {
  const changed = KEY_TABLE.map((row) => (row.key === 'services.*.init' ? { ...row, note: 'another' } : row))
  expect(markdown(changed)).not.toBe(markdown(KEY_TABLE))
})
