import type { CheckContext, CheckResult, DoctorCheck } from '@moorage/core/provider'
import type { EngineSearch } from '../engine/find-engine.ts'
import { checkAddressPools } from './check-address-pools.ts'
import { checkEngineDisk } from './check-engine-disk.ts'

type FoundEngine = EngineSearch & { readonly ok: true }

/** The checks of `moorage doctor` on an engine. Without an engine, the probe says why. */
export function engineChecks(search: (signal: AbortSignal) => Promise<EngineSearch>): readonly DoctorCheck[] {
  const create = (
    name: string,
    check: (found: FoundEngine, signal: AbortSignal) => Promise<readonly CheckResult[]>,
  ): DoctorCheck => ({
    name,
    async run({ signal }: CheckContext) {
      const found = await search(signal)
      return found.ok ? await check(found, signal) : []
    },
  })
  return [create('disk', checkEngineDisk), create('address-pools', checkAddressPools)]
}
