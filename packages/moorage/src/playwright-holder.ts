import { hold } from '@moorage/playwright/holder'
import { provision } from './provision.ts'

process.exitCode = await hold(process.argv.slice(2), provision)
process.stdin.destroy()
