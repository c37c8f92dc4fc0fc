import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ProgramContext } from '@moorage/core'
import { runCommand } from '../../../packages/services/src/programs/run-command.ts'
import { thrownMessage } from '../../thrown-error.ts'

const context = { service: 'db', signal: new AbortController().signal } as unknown as ProgramContext
const options = { task: 'creating the PostgreSQL cluster', cwd: '/' }

test('a program on a file system that forbids programs is named, with the way out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-run-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'initdb')
  // As with noexec, execve(2) gives EACCES.
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o644 })
  expect(await thrownMessage(() => runCommand(context, [program], options))).toBe(
    `START_FAILED\nservices.db: ${program} failed while creating the PostgreSQL cluster: spawn ${program} EACCES.\nIts file system may forbid programs (noexec): set TMPDIR and MOORAGE_CACHE_DIR to folders that allow them.`,
  )
})

test('PostgreSQL under a uid without a name says what it needs', async () => {
  const script = 'echo "initdb: could not look up effective user ID 12345: user does not exist" >&2; exit 1'
  expect(await thrownMessage(() => runCommand(context, ['sh', '-c', script], options))).toBe(
    'START_FAILED\nservices.db: sh failed while creating the PostgreSQL cluster.\nPostgreSQL needs a name for its user: add a line for this uid to /etc/passwd, or use another provider.\nLast log lines:\n  initdb: could not look up effective user ID 12345: user does not exist',
  )
})
