import { toPlain } from '@moorage/core'
import { findConfig, loadConfig } from '@moorage/core/runner'
import type { Read } from './read-config.ts'

const [root = '.'] = process.argv.slice(2)

// A config may keep its process alive: it ends as soon as the answer is on its way.
process.send?.(await read(), () => process.exit())

async function read(): Promise<Read> {
  try {
    return { config: await loadConfig(findConfig(root)) }
  } catch (error) {
    return { failure: toPlain(error) }
  }
}
