import { spawnSync } from 'node:child_process'

const { status } = spawnSync(process.execPath, ['e2e/testbed/main.ts', ...process.argv.slice(2)], { stdio: 'inherit' })
process.exitCode = status ?? 1
