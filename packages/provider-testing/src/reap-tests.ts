import { currentOwner, type Owner, type ReapScope } from '@moorage/core/provider'
import { expect, test } from 'vitest'
import type { ProviderSubject } from './provider-subject.ts'
import { echoes, openSession, type SessionUnderTest } from './session-under-test.ts'

/** Removal of what dead owners have left. */
export function testReap(subject: ProviderSubject, current: () => SessionUnderTest): void {
  const { provider, units } = subject
  test.skipIf(!provider.reap)(
    "reap: removes a dead owner's leftovers, and keeps a living owner's objects",
    async () => {
      const { start, run, abort } = current()
      const living = await start('alive', units.echo)
      await echoes(living)
      const dead = { ...currentOwner(), started: 1 }
      const orphaned = await openSession(subject, dead)
      const orphan = await orphaned.start('orphan', units.echo)
      await echoes(orphan)
      const journals = [{ run: orphaned.run.id, owner: dead, entries: orphaned.journal }]
      const scope: ReapScope = { journals, alive: (owner: Owner) => owner.started !== 1 }
      const found = await provider.reap?.({ ...scope, dry: true }, abort.signal)
      expect(await echoes(orphan)).toBe('ping')
      const reaped = await provider.reap?.(scope, abort.signal)
      expect(found).toEqual(reaped)
      expect(reaped?.length).toBeGreaterThan(0)
      expect(new Set(reaped?.map((item) => item.run))).toEqual(new Set([orphaned.run.id]))
      expect(await echoes(living)).toBe('ping')
      expect(run.id).not.toBe(orphaned.run.id)
      await orphaned.session.close()
    },
  )
}
