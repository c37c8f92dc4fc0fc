import { execFileSync, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const MODULE = pathToFileURL(resolve('packages/build/src/run-program.ts')).href

test.skipIf(process.platform === 'win32')(
  'a program that builds ends with this process, also after SIGKILL',
  async () => {
    // No other process has this argument.
    const seconds = `15.${process.pid}`
    const runs = (): boolean =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(`\nsleep ${seconds}\n`)
    const script = `import { runProgram } from '${MODULE}'
await runProgram(['sleep', '${seconds}'], { owned: true, signal: new AbortController().signal })`
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' })
    await expect.poll(runs, { timeout: 10_000 }).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(runs, { timeout: 5_000 }).toBe(false)
  },
  20_000,
)
