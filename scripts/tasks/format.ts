import { spawnSync } from 'node:child_process'
import { formatter } from '../checks.ts'

// `npm run format`: formats the sources.
process.exitCode = spawnSync(process.execPath, [...formatter, '.'], { stdio: 'inherit' }).status ?? 1
