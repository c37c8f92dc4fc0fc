import type { Condition } from '../contract/service.ts'
import type { ConnectionViews, NeededViews } from './connection-views.ts'

const CONDITIONS: readonly Condition[] = ['started', 'ready', 'completed']

/** Makes services wait for each other. Each service has one gate for each condition. */
export class DependencyGates {
  readonly #gates = new Map<string, PromiseWithResolvers<ConnectionViews>>()

  /** Resolves when every needed service has reached its condition; rejects when one of them fails. */
  async wait(needs: { readonly [service: string]: Condition }): Promise<NeededViews> {
    const entries = Object.entries(needs).map(
      async ([service, condition]) => [service, await this.#gate(service, condition).promise] as const,
    )
    return Object.fromEntries(await Promise.all(entries))
  }

  /** The service runs, but may not be ready. */
  openStarted(service: string, views: ConnectionViews): void {
    this.#gate(service, 'started').resolve(views)
  }

  /** The service is ready, or has completed if another service needs it as completed. */
  openAll(service: string, views: ConnectionViews): void {
    for (const condition of CONDITIONS) this.#gate(service, condition).resolve(views)
  }

  /** Makes every service that waits for this one fail with the same error. */
  fail(service: string, error: unknown): void {
    for (const condition of CONDITIONS) this.#gate(service, condition).reject(error)
  }

  #gate(service: string, condition: Condition): PromiseWithResolvers<ConnectionViews> {
    const key = `${condition} ${service}`
    const known = this.#gates.get(key)
    if (known) return known
    const gate = Promise.withResolvers<ConnectionViews>()
    // A gate can fail while no service waits at it; that must not be an unhandled rejection.
    gate.promise.catch(() => {})
    this.#gates.set(key, gate)
    return gate
  }
}
