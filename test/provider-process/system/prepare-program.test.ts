import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MoorageError, Phase, UnitSpec } from '@moorage/core'
import { afterEach, expect, test, vi } from 'vitest'
import { PhaseDeadline } from '../../../packages/core/src/provisioning/phase-deadline.ts'
import { enterPhase } from '../../../packages/core/src/provisioning/start-context.ts'
import { prepareProgram } from '../../../packages/provider-process/src/system/prepare-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'moorage-program-'))
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

test('a program that takes long to prepare shows that it goes on, and has the one deadline of a pull', async () => {
  const program = join(folder, 'slow.mjs')
  writeFileSync(
    program,
    `import { once } from 'node:events'
export async function program({ signal }) {
  process.emit('moorage-test-preparing')
  await once(signal, 'abort')
  signal.throwIfAborted()
}`,
  )
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] })
  const abort = new AbortController()
  const options = { service: 'db', deadlines: { pull: 12_000 } }
  const deadline = new PhaseDeadline(options, (error: MoorageError) => abort.abort(error))
  const lines: string[] = []
  const context = {
    phaseDeadlines: new Map([['db', deadline]]),
    onProgress: (progress: object) => void lines.push(JSON.stringify(progress)),
  }
  const report = {
    phase: (service: string, phase: Phase, detail?: string) => enterPhase(context, service, { phase, detail }),
    journal: () => {},
    notice: () => {},
  }
  const spec: UnitSpec = {
    name: 'db',
    ports: {},
    env: {},
    sensitive: [],
    process: { program, options: {}, secrets: {}, cwd: folder },
  }
  const run = { id: 'r', labels: {}, owner: undefined as never, root: folder, cache: folder }
  const begun = once(process, 'moorage-test-preparing')
  const failed = prepareProgram({ run, report, folders: [] }, spec, abort.signal).catch((error: Error) => error.message)
  await begun
  await vi.advanceTimersByTimeAsync(12_000)
  expect(await failed).toBe(
    'services.db did not get its image within 12 s: its program (10 s so far).\n' +
      'If it needs more time, raise services.db.deadlines.pull (milliseconds).',
  )
  expect(lines).toEqual([
    '{"kind":"phase","service":"db","phase":"pull"}',
    '{"kind":"phase","service":"db","phase":"pull","detail":"its program (5 s so far)"}',
    '{"kind":"phase","service":"db","phase":"pull","detail":"its program (10 s so far)"}',
  ])
})
