import { checks, runCheck } from '../checks.ts'

let failed = 0
for (const check of checks) {
  const { passed, output } = await runCheck(check)
  process.stdout.write(`${passed ? '✓' : '✗'} ${check.name}\n${passed ? '' : `${output}\n`}`)
  failed += passed ? 0 : 1
}
process.exitCode = failed ? 1 : 0
