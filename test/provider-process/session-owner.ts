import { currentOwner, type Run } from '@moorage/core'
import { provider } from '../../packages/provider-process/src/provider.ts'

// Stands in for a supervisor that a test kills: starts the command in its arguments and prints the output of the
// service.
const [id = '', ...command] = process.argv.slice(2)
const { signal } = new AbortController()
const run: Run = { id, labels: {}, owner: currentOwner(), root: process.cwd(), cache: '' }
const session = await provider().open(run, { phase: () => {}, journal: () => {}, notice: () => {} }, signal)
const unit = await session.start(
  { name: 'a', ports: {}, env: {}, sensitive: [], process: { command, options: {}, secrets: {}, cwd: process.cwd() } },
  signal,
)
for await (const { text } of unit.logs({ follow: true })) process.stdout.write(`${text}\n`)
