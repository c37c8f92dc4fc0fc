import { runWebServerProcess } from '@moorage/playwright/web-server-process'
import { provision } from './provision.ts'

process.exitCode = await runWebServerProcess(process.argv.slice(2), provision)
// An open stdin would keep the process alive.
process.stdin.destroy()
