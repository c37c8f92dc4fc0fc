import type { Condition, Probe, ProviderRef, ServiceSpec } from '@moorage/core'
import type { PlannedService } from '../../packages/core/src/config/plan.ts'
import type { ProvisionRequest } from '../../packages/core/src/protocol/run-request.ts'
import type { Chance } from './schedule.ts'

export const SIM: ProviderRef = { name: 'sim', module: 'sim:engine', options: {} }

const READY: readonly (readonly Probe[])[] = [
  [],
  [{ kind: 'exec', command: ['ready'] }],
  [{ kind: 'log', pattern: 'listening' }],
]

/** One to four services; each may need those before it. */
export function someOrder(chance: Chance): ProvisionRequest {
  const names = ['a', 'b', 'c', 'd'].slice(0, 1 + chance.below(4))
  const needs = new Map(names.map((name, i) => [name, someNeeds(chance, names.slice(0, i))]))
  const services = Object.fromEntries(names.map((name) => [name, planned(chance, name, needs)]))
  return { plan: { services, root: '/', hash: 'sim' }, candidates: { inOrder: [SIM], ci: false }, host: SIM }
}

/** The same services, one of them different. */
export function edited(order: ProvisionRequest, chance: Chance): ProvisionRequest {
  const { services } = order.plan
  const name = chance.pick(Object.keys(services))
  return {
    ...order,
    plan: {
      ...order.plan,
      hash: 'edited',
      services: { ...services, [name]: { ...(services[name] as PlannedService), hash: 'edited' } },
    },
  }
}

type Needs = { readonly [service: string]: Condition }

function someNeeds(chance: Chance, before: readonly string[]): Needs {
  const chosen = before.filter(() => chance.yes(0.6))
  return Object.fromEntries(
    chosen.map((name) => [name, chance.pick<Condition>(['started', 'ready', 'ready', 'completed'])]),
  )
}

function planned(chance: Chance, name: string, needs: ReadonlyMap<string, Needs>): PlannedService {
  const users = [...needs].filter(([, of]) => of[name]).map(([user]) => user)
  const once = users.some((user) => needs.get(user)?.[name] === 'completed')
  const process = {
    command: [once ? 'once' : 'serve'],
    options: { users },
    connection: { url: { $self: ['port'] } },
    ready: chance.pick(READY),
  }
  const spec: ServiceSpec = { preset: 'sim', ports: { main: 7000 }, process }
  return { spec, needs: needs.get(name) ?? {}, variable: `${name.toUpperCase()}_URL`, inputs: {}, hash: name }
}
