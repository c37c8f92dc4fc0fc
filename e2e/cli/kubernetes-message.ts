import { RUNBOOK_LINE } from './runbook-line.ts'

export const REGISTRY: string = process.env['MOORAGE_TESTBED_REGISTRY'] ?? '127.0.0.1:5000'

/** The message: what follows the lines of progress; FOLDER, USERS, REGISTRY and RUN stand for what differs. */
export function said(output: string, folder: string): string {
  const lines = output.trimEnd().split('\n')
  const from = lines.findLastIndex((line) => line.startsWith('moorage: '))
  const users = process.env['MOORAGE_TESTBED_KUBECONFIGS'] ?? '/nowhere'
  return lines
    .slice(from)
    .filter((line) => !RUNBOOK_LINE.test(line))
    .join('\n')
    .replaceAll(folder, 'FOLDER')
    .replaceAll(users, 'USERS')
    .replaceAll(REGISTRY, 'REGISTRY')
    .replace(/\bdev-[0-9a-f]{8}\b/g, 'RUN')
}
