import type { Condition, PlainConnection } from '../contract/service.ts'
import type { View } from './service-connection.ts'

/** A service's connection from every side; `lent` where containers dial a service on this machine. */
export type ConnectionViews = { readonly [V in View]: PlainConnection } & { readonly viaHost?: PlainConnection }

const CONDITIONS = ['started', 'ready', 'completed'] as const

/** Where services wait for each other: one gate per service and condition. */
export class DependencyGates {
  readonly #gates = new Map<string, PromiseWithResolvers<ConnectionViews>>()
  readonly #seen = new Map<string, ConnectionViews>()

  async wait(needs: { readonly [service: string]: Condition }): Promise<void> {
    await Promise.all(Object.entries(needs).map(([service, condition]) => this.#gate(service, condition).promise))
  }

  resolve(service: string, condition: Condition, seen: ConnectionViews): void {
    this.#seen.set(service, seen)
    this.#gate(service, condition).resolve(seen)
  }

  /** The service starts anew: whoever needs it waits again. */
  reset(service: string): void {
    for (const condition of CONDITIONS) this.#gates.delete(`${condition} ${service}`)
    this.#seen.delete(service)
  }

  /** Whoever waits for this service fails with it. */
  fail(service: string, error: unknown): void {
    for (const condition of CONDITIONS) this.#gate(service, condition).reject(error)
  }

  views(service: string): ConnectionViews | undefined {
    return this.#seen.get(service)
  }

  #gate(service: string, condition: Condition): PromiseWithResolvers<ConnectionViews> {
    const key = `${condition} ${service}`
    const known = this.#gates.get(key)
    if (known) return known
    const gate = Promise.withResolvers<ConnectionViews>()
    // Nobody may be waiting at a gate that fails.
    gate.promise.catch(() => {})
    this.#gates.set(key, gate)
    return gate
  }
}
