import { resolve } from 'node:path'
import { findConfig } from '../config/find-config.ts'
import { loadConfig } from '../config/load-config.ts'

const [root = '.'] = process.argv.slice(2)
const { services } = await loadConfig(findConfig(resolve(root)))
// A config may open handles that would keep this process alive.
process.stdout.write(`\nmoorage services ${JSON.stringify(Object.keys(services))}\n`, () => process.exit())
