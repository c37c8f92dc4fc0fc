import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cache, sources } from './paths.ts'
import { sh } from './shell.ts'

/** Runs checks on a machine of their own, with a copy of the cache, so that a bed in use outside is not disturbed. */
async function onOwnMachine(checks: string[]): Promise<{ code: number | null; output: string }> {
  for (const name of ['programs', 'registry']) {
    assert.ok(existsSync(join(cache, name)), 'This works on a copy of the cache: run "npm run testbed -- up" first.')
  }
  const folder = await mkdtemp(join(tmpdir(), 'moorage-testbed-test-'))
  try {
    await mkdir(join(folder, 'testbed'))
    await sh(['cp', '-a', join(cache, 'programs'), join(cache, 'registry'), join(folder, 'testbed')])
    const files = checks.map((name) => join(sources, 'checks', name))
    const args = [process.execPath, '--test', '--test-reporter=spec', '--test-concurrency=1', ...files]
    const env: NodeJS.ProcessEnv = { ...process.env, MOORAGE_CACHE_DIR: folder }
    // Else the inner runner would speak to the outer one in its own protocol.
    delete env.NODE_TEST_CONTEXT
    const child = spawn(join(sources, 'own-machine.sh'), args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    return await new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const groups = {
  'life of the bed': ['lifecycle.ts'],
  'stand-in images': ['images.ts', 'postgres.ts', 'mongo.ts'],
  'the cluster': ['kubernetes.ts'],
}

for (const [title, checks] of Object.entries(groups)) {
  test(title, { timeout: 600_000 }, async (t) => {
    const { code, output } = await onOwnMachine(checks)
    for (const line of output.split('\n').filter((each) => /^\s*[✔✖]/.test(each))) t.diagnostic(line)
    assert.equal(code, 0, output)
  })
}
