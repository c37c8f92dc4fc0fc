import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({ options: { provider: { type: 'string' } } })
const cwd = resolve('examples/demo')
const folder = mkdtempSync(join(tmpdir(), 'moorage-demo-'))
const report = join(folder, 'report.json')
// Created each time: found again in the database, the server's answer and the page, or the demo has failed.
const env = {
  ...process.env,
  DEMO_NONCE: randomBytes(8).toString('hex'),
  ...(values.provider ? { MOORAGE_PROVIDER: values.provider } : {}),
}

try {
  await run(process.execPath, ['build.mjs'])
  const vitest = resolve(cwd, 'node_modules/vitest/vitest.mjs')
  const code = await run(process.execPath, [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const { numPassedTests: passed, numFailedTests: failed } = readReport()
  process.stdout.write(`demo: ${passed} passed, ${failed} failed\n`)
  process.exitCode = code === 0 && passed > 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function readReport(): { readonly numPassedTests: number; readonly numFailedTests: number } {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) as { numPassedTests: number; numFailedTests: number }
  } catch {
    // Services that do not start leave no report: the whole demo has failed.
    return { numPassedTests: 0, numFailedTests: 1 }
  }
}

function run(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
  return new Promise((done, fail) => child.once('error', fail).once('exit', (code) => done(code ?? 1)))
}
