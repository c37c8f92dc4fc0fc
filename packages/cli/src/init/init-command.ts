import { relative } from 'node:path'
import { MoorageError } from '@moorage/core'
import type { Invocation } from '../command.ts'
import { writeNotice } from '../output.ts'
import type { Change, Proposal } from './change.ts'
import { confirm } from './confirm.ts'
import { detectProject } from './detect/detect-project.ts'
import { describeFindings } from './describe-findings.ts'
import { nextSteps } from './next-steps.ts'
import { proposeAll } from './propose/propose-all.ts'
import { diffText } from './write/diff-text.ts'
import { writeChanges } from './write/write-changes.ts'

/**
 * Sets up a project. The diff goes to stdout, everything else to stderr. Exit code 1 if the user declines. Throws
 * `MoorageError` (USAGE) if there is no package.json, or no terminal to ask on.
 */
export async function runInit({ options }: Invocation): Promise<number> {
  const project = detectProject(process.cwd())
  const { proposals, services, ci } = proposeAll(project, options)
  for (const line of describeFindings(project, services)) writeNotice(line)
  const changes = proposals.flatMap((proposal) => (proposal.kind === 'change' ? [proposal.change] : []))
  for (const proposal of proposals) if (proposal.kind !== 'change') explain(proposal, project.root)
  if (!changes.length) {
    writeNotice('nothing to write: the project has all files that init would write')
    return 0
  }
  process.stdout.write(changes.map((change) => diffText(change, project.root)).join(''))
  if (options['dry-run']) {
    writeNotice(`--dry-run: ${fileCount(changes)} would be written; nothing was`)
    return 0
  }
  if (!options['yes'] && !(await confirmOnTerminal(changes))) {
    writeNotice('nothing was written')
    return 1
  }
  writeChanges(changes)
  for (const { path, before } of changes)
    writeNotice(`${before === undefined ? 'created' : 'changed'} ${relative(project.root, path)}`)
  for (const line of nextSteps(project, { services, ci })) writeNotice(line)
  return 0
}

function explain(proposal: Exclude<Proposal, { readonly kind: 'change' }>, root: string): void {
  const path = relative(root, proposal.path)
  if (proposal.kind === 'kept') writeNotice(`kept ${path}: ${proposal.reason}`)
  if (proposal.kind !== 'manual') return
  writeNotice(`${path} is left to you, because ${proposal.reason}. Add to it:`)
  for (const line of proposal.lines) writeNotice(`  ${line}`)
}

async function confirmOnTerminal(changes: readonly Change[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new MoorageError('USAGE', `init: there is no terminal to ask on, so nothing was written.`, {
      hint: 'Add --yes to write these files, or --dry-run to only see them.',
    })
  return await confirm(`Write ${fileCount(changes)}? [Y/n] `)
}

function fileCount({ length }: readonly Change[]): string {
  return length === 1 ? '1 file' : `${length} files`
}
