import { main } from '@moorage/cli'
import { installation } from './provision.ts'

process.exitCode = await main(process.argv.slice(2), installation)
