import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectGarbage } from '../../../packages/core/src/client/gc.ts'
import type { ProviderRef } from '../../../packages/core/src/contract/provider.ts'
import { supervisorPaths } from '../../../packages/core/src/protocol/paths.ts'
import { currentOwner } from '../../../packages/core/src/provider-kit/process-identity.ts'
import { openJournal } from '../../../packages/core/src/recovery/journal.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'moorage-sweep-'))
  mkdirSync(join(base, 'run'), { mode: 0o700 })
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** A provider that writes down what it is asked to remove. */
function installed(name: string): ProviderRef {
  const file = join(base, `${name}.mjs`)
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs'
export const provider = (options) => ({
  name: '${name}',
  probe: async () => ({ ok: true, detail: '' }),
  async reap({ journals }) {
    writeFileSync(${JSON.stringify(join(base, 'reaped'))}, JSON.stringify({ options, entries: journals.flatMap((each) => each.entries) }))
    return []
  },
})\n`,
  )
  return { name, module: pathToFileURL(file).href, options: {} }
}

/** The journal of a supervisor that is dead, whose copy of moorage has been deleted since. */
function journalOfDeletedCopy(): void {
  const journal = openJournal(supervisorPaths('dead', join(base, 'run')), { ...currentOwner(), started: 1 })
  journal.recordRun('dead', { root: '/project', family: '' })
  const module = pathToFileURL(join(base, 'deleted/provider.js')).href
  journal.recordEntry({ name: 'stand-in', module, options: { host: 'a' } }, { object: 1 })
}

async function failuresOfGarbageCollection(provider: ProviderRef): Promise<readonly string[]> {
  const { failures } = await collectGarbage([provider], {
    env: { MOORAGE_CACHE_DIR: base },
    root: '/',
    dry: false,
    failed: false,
    signal: new AbortController().signal,
  })
  return failures
}

function journals(): readonly string[] {
  return readdirSync(join(base, 'run')).filter((name) => name.endsWith('.journal'))
}

test('what a deleted copy of moorage has left is removed by the provider of the same name in another copy', async () => {
  journalOfDeletedCopy()
  expect(await failuresOfGarbageCollection(installed('stand-in'))).toEqual([])
  expect(JSON.parse(readFileSync(join(base, 'reaped'), 'utf8'))).toEqual({
    options: { host: 'a' },
    entries: [{ object: 1 }],
  })
  expect(journals()).toEqual([])
})

test('no other provider takes its place: the journal stays, and the failure says why', async () => {
  journalOfDeletedCopy()
  expect(await failuresOfGarbageCollection(installed('other'))).toEqual([
    expect.stringMatching(/^stand-in: Cannot find module/),
  ])
  expect(journals()).toHaveLength(1)
  expect(existsSync(join(base, 'reaped'))).toBe(true)
})
