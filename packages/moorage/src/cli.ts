import { main } from '@moorage/cli'
import { provision } from './provision.ts'

process.exitCode = await main(process.argv.slice(2), provision)
