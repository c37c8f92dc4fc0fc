import { resolve } from 'node:path'
import { setComposeReader, toPlain } from '@moorage/core'
import { findConfig, loadConfig } from '@moorage/core/runner'
import type { ReadResult } from './read-config.ts'

const [root = '.', reader = ''] = process.argv.slice(2)
setComposeReader(reader)

// A config may leave timers or sockets open, so the process exits as soon as the message is sent.
process.send?.(await read(), () => process.exit())

async function read(): Promise<ReadResult> {
  try {
    return { config: await loadConfig(findConfig(resolve(root))) }
  } catch (error) {
    return { failure: toPlain(error) }
  }
}
