import { setTimeout as sleep } from 'node:timers/promises'
import type { Report, Run } from '@moorage/core/provider'
import { runLabels } from '../labels.ts'
import type { Engine } from './engine-address.ts'
import { expectSuccess, type CallEngine } from './call-engine.ts'

/** The named volumes of a run. Each is created when a first service names it, and shared by all that do. */
export class RunVolumes {
  readonly #engine: Engine
  readonly #run: Run
  readonly #report: Report
  readonly #volumes = new Map<string, Promise<string>>()

  constructor(engine: Engine, run: Run, report: Report) {
    this.#engine = engine
    this.#run = run
    this.#report = report
  }

  /** The engine's name of a volume. */
  get(name: string): Promise<string> {
    const volume = this.#volumes.get(name) ?? this.#create(name)
    this.#volumes.set(name, volume)
    return volume
  }

  /** Removes all of them, once no container uses them. */
  async remove(): Promise<void> {
    await Promise.allSettled(this.#volumes.values())
    for (const name of this.#volumes.keys()) await deleteVolume(this.#engine.call, this.#engineName(name))
  }

  async #create(name: string): Promise<string> {
    const engineName = this.#engineName(name)
    this.#report.journal({ kind: 'volume', name: engineName, host: this.#engine.host })
    const body = { Name: engineName, Labels: runLabels(this.#run) }
    await expectSuccess(this.#engine.call({ method: 'POST', path: '/volumes/create', body }))
    return engineName
  }

  #engineName(name: string): string {
    return `moorage-${this.#run.id}-${name}`
  }
}

const RELEASE_TIMEOUT_MS = 2_000
const RELEASE_INTERVAL_MS = 50

/**
 * Removes a volume. The engine can count it as used for a moment after it has removed the container, so that refusal is
 * tried again for 2 s. A volume that is already gone is no error.
 */
export async function deleteVolume(call: CallEngine, name: string): Promise<void> {
  const deadline = AbortSignal.timeout(RELEASE_TIMEOUT_MS)
  for (;;) {
    const response = await call({ method: 'DELETE', path: `/volumes/${name}` })
    if (response.status !== 409 || deadline.aborted) return void (await expectSuccess(Promise.resolve(response), 404))
    await sleep(RELEASE_INTERVAL_MS)
  }
}
