import { spawnSync } from 'node:child_process'
import { currentOwner } from '@moorage/core'
import { expect, test } from 'vitest'
import { kubectl, missing } from '../harness/engine.ts'
import { openStage, until, type Stage } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/lifecycle'
const name = `foreign-${process.pid}`
const elsewhere = { ...currentOwner(), host: 'elsewhere/boot/1' }

// What labels of a foreign object may say: a run only, no owner, an owner on another machine, a living owner.
const LIES: readonly { readonly [label: string]: string }[] = [
  {},
  { 'moorage.run': 'dev-00000000' },
  { 'moorage.run': 'dev-00000000', 'moorage.owner': 'somebody' },
  { 'moorage.run': 'dev-00000000', 'moorage.owner': JSON.stringify(elsewhere) },
  { 'moorage.run': 'dev-00000000', 'moorage.owner': JSON.stringify(currentOwner()) },
]

/** Supervisor and client die, the next start sweeps; the inventory was taken with the strangers in it. */
async function killAndSweep(stage: Stage): Promise<void> {
  const child = await stage.start([process.execPath, 'hold.mjs'], { LASTS_MS: '60000' })
  await until(`a run:\n${child.output()}`, () => child.output().includes('HOLDS '))
  const supervisor = await stage.supervisor()
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  await expect(stage.clean(0)).rejects.toThrow('left behind')
  for (let n = 0; n < 2; n++) {
    const next = await stage.start([process.execPath, 'hold.mjs'])
    expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
  }
  await stage.clean(10_000)
}

test('on docker, strangers with misleading labels survive every sweep, and nothing of ours does', async ({ skip }) => {
  const reason = missing('docker')
  if (reason) skip(reason)
  const docker = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('docker', args, { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
  }
  const labels = (lie: (typeof LIES)[number]): readonly string[] =>
    Object.entries(lie).flatMap(([key, value]) => ['--label', `${key}=${value}`])
  const all = LIES.map((_, i) => `${name}-${i}`)
  for (const [i, lie] of LIES.entries()) {
    docker('network', 'create', ...labels(lie), `${name}-${i}`)
    docker(
      'run',
      '-d',
      '--name',
      `${name}-${i}`,
      '--network',
      `${name}-${i}`,
      ...labels(lie),
      'busybox:1.37',
      'sleep',
      '600',
    )
    docker('volume', 'create', ...labels(lie), `${name}-${i}`)
  }
  try {
    await using stage = await openStage(folder, 'docker')
    await killAndSweep(stage)
  } finally {
    docker('rm', '-f', ...all)
    docker('network', 'rm', ...all)
    docker('volume', 'rm', ...all)
  }
})

test('on kubernetes, strangers with misleading labels survive every sweep, and nothing of ours does', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const run = (...args: readonly string[]): void => {
    const { status, stderr } = kubectl(...args)
    expect(status, stderr).toBe(0)
  }
  // An owner stands in an annotation. A namespace with label and owner, and without a deadman, says that it is ours:
  // only a living owner protects it.
  const lies = LIES.filter((lie) => !lie['moorage.owner']?.includes('elsewhere'))
  const all = lies.map((_, i) => `${name}-${i}`)
  for (const [i, { 'moorage.run': of, 'moorage.owner': owner }] of lies.entries()) {
    run('create', 'namespace', `${name}-${i}`)
    run('create', 'configmap', name, '-n', `${name}-${i}`)
    for (const object of [
      ['namespace', `${name}-${i}`],
      ['configmap', name, '-n', `${name}-${i}`],
    ]) {
      if (of) run('label', ...object, `moorage.run=${of}`)
      if (owner) run('annotate', ...object, `moorage.owner=${owner}`)
    }
  }
  try {
    await using stage = await openStage(folder, 'kubernetes')
    await killAndSweep(stage)
  } finally {
    run('delete', 'namespace', ...all, '--wait=false')
  }
})
