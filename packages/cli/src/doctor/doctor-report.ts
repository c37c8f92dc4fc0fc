import { styleText } from 'node:util'
import type { CheckResult } from '@moorage/core'
import type { Finding } from './check.ts'

/** What `moorage doctor --json` prints. */
export interface DoctorReport {
  /** Whether a run can start. */
  readonly ok: boolean
  /** The provider that a run would use; null if none can. */
  readonly provider: string | null
  readonly checks: readonly Omit<Finding, 'blocks'>[]
}

/** The report for findings, and for the name of the provider that a run would use. */
export function createReport(findings: readonly Finding[], provider: string | undefined): DoctorReport {
  const ok = !findings.some(({ status, blocks }) => status === 'problem' && blocks !== false)
  const checks = findings.map(({ blocks: _blocks, ...finding }) => finding)
  return { ok, provider: provider ?? null, checks }
}

const MARKS: {
  readonly [status in CheckResult['status']]: readonly [mark: string, colour: 'green' | 'yellow' | 'red']
} = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
}

/** The report as text: a line for each check below the name of its group, with a fix below each problem. */
export function reportLines({ ok, provider, checks }: DoctorReport, stream: NodeJS.WriteStream): readonly string[] {
  const groups = [...Map.groupBy(checks, ({ group }) => group)]
  return [
    ...groups.flatMap(([group, all]) => [group, ...all.flatMap((check) => checkLines(check, stream)), '']),
    ok ? `A run can start${provider === null ? '' : ` on ${provider}`}.` : 'No run can start: see the lines with ✗.',
  ]
}

function checkLines({ status, text, fix, manifest }: CheckResult, stream: NodeJS.WriteStream): readonly string[] {
  const [mark, colour] = MARKS[status]
  return [
    `  ${styleText(colour, mark, { stream })} ${indent(text, '      ')}`,
    ...(fix === undefined || status === 'ok' ? [] : [`      ${indent(fix, '      ')}`]),
    ...(manifest === undefined ? [] : ['', `        ${indent(manifest.trimEnd(), '        ')}`, '']),
  ]
}

function indent(text: string, prefix: string): string {
  return text.replaceAll('\n', `\n${prefix}`)
}
