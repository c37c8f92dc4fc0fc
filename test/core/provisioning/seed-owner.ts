// Runs a seed as a supervisor does. Arguments: the module of the seed, and its folder.
import { runSeed } from '../../../packages/core/src/provisioning/seed.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'

const [file = '', root = ''] = process.argv.slice(2)
const context = { tasks: new TaskStack(), runId: `seed-${process.pid}`, journalProcess: (): void => {} }
const { signal } = new AbortController()
await runSeed('db', { module: { $file: file } }, { connection: {}, root, signal, context })
