import { resolve } from 'node:path'
import { setComposeReader } from '../config/compose-reader.ts'
import { findConfig } from '../config/find-config.ts'
import { loadConfig } from '../config/load-config.ts'

const [root = '.', reader = ''] = process.argv.slice(2)
setComposeReader(reader)
const { services } = await loadConfig(findConfig(resolve(root)))
// A config may open handles that would keep this process alive.
process.stdout.write(`\nmoorage services ${JSON.stringify(Object.keys(services))}\n`, () => process.exit())
