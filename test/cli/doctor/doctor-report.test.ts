import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Finding } from '../../../packages/cli/src/doctor/check.ts'
import { createReport, reportLines } from '../../../packages/cli/src/doctor/doctor-report.ts'

const plain = new Writable() as unknown as NodeJS.WriteStream

const findings: readonly Finding[] = [
  { group: 'config', name: 'load', status: 'ok', text: '/p/moorage.config.ts: db' },
  { group: 'config', name: 'types', status: 'warning', text: 'no types', fix: 'Add them.' },
  {
    group: 'kubernetes',
    name: 'permissions',
    status: 'problem',
    text: 'two\nlines',
    fix: 'Apply it.',
    manifest: 'a:\n  b\n',
  },
  { group: 'docker', name: 'disk', status: 'problem', text: 'full', fix: 'Free some.', blocks: false },
]

test('text: a line for each check in its group, a fix below each problem, a manifest ready to copy', () => {
  expect(reportLines(createReport(findings, undefined), plain).join('\n')).toBe(`config
  ✓ /p/moorage.config.ts: db
  ! no types
      Add them.

kubernetes
  ✗ two
      lines
      Apply it.

        a:
          b


docker
  ✗ full
      Free some.

No run can start: see the lines with ✗.`)
})

test('a problem of a provider that is not chosen keeps no run from starting', () => {
  const report = createReport(
    findings.filter(({ group }) => group !== 'kubernetes'),
    'process',
  )
  expect(report.ok).toBe(true)
  expect(reportLines(report, plain).at(-1)).toBe('A run can start on process.')
})

test('JSON: the shape that scripts rely on', () => {
  expect(JSON.parse(JSON.stringify(createReport(findings, 'docker')))).toEqual({
    ok: false,
    provider: 'docker',
    checks: [
      { group: 'config', name: 'load', status: 'ok', text: '/p/moorage.config.ts: db' },
      { group: 'config', name: 'types', status: 'warning', text: 'no types', fix: 'Add them.' },
      {
        group: 'kubernetes',
        name: 'permissions',
        status: 'problem',
        text: 'two\nlines',
        fix: 'Apply it.',
        manifest: 'a:\n  b\n',
      },
      { group: 'docker', name: 'disk', status: 'problem', text: 'full', fix: 'Free some.' },
    ],
  })
  expect(createReport([], undefined)).toEqual({ ok: true, provider: null, checks: [] })
})
