// Entry of every npm script: brings the tools, then hands over to a task under the project's own Node. Depends on
// nothing.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './bootstrap.mjs'

const [task = 'demo', ...args] = process.argv.slice(2)

const tasks = join(dirname(fileURLToPath(import.meta.url)), 'tasks')
if (!existsSync(join(tasks, `${task}.ts`))) {
  process.stderr.write(
    `There is no task '${task}' yet. There are: ${readdirSync(tasks)
      .map((name) => name.replace(/\.ts$/, ''))
      .join(', ')}.\n`,
  )
  process.exit(2)
}

try {
  const { node, env } = await prepare(task)
  const child = spawn(node, [`scripts/tasks/${task}.ts`, ...args], { stdio: 'inherit', env })
  // A terminal's Ctrl-C reaches the task by itself; here it only must not end us first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}
