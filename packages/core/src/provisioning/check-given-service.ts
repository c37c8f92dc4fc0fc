import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import { waitReady } from '../readiness/wait-ready.ts'
import { givenConnectionViews, type ConnectionViews } from './connection-views.ts'
import type { StartContext } from './start-context.ts'

const GIVEN_SERVICE_TIMEOUT_MS = 5_000

/**
 * Checks that a service that the user runs accepts connections. moorage never seeds, resets or stops such a service.
 * Throws `MoorageError` (START_FAILED).
 */
export async function checkGivenService(context: StartContext, name: string): Promise<ConnectionViews> {
  const { plan, abort, clock } = context
  const views = await givenConnectionViews(context, name)
  const { host, port } = views.host as { readonly host: string; readonly port: number }
  const unit = {
    endpoint: () => Promise.resolve({ host, port }),
    exited: new Promise<never>(() => {}),
    stop: () => Promise.resolve(),
    logs: noLines,
  }
  try {
    await waitReady({
      service: name,
      unit,
      probes: [{ kind: 'tcp' }],
      ports: { main: port },
      signal: AbortSignal.any([abort.signal, AbortSignal.timeout(GIVEN_SERVICE_TIMEOUT_MS)]),
      clock,
      onAttempt: () => {},
    })
  } catch (cause) {
    abort.signal.throwIfAborted()
    const { variable } = plan.services[name] as PlannedService
    throw new MoorageError(
      'START_FAILED',
      `services.${name}: ${variable} is set, but nothing answers at ${host}:${port}.`,
      { service: name, hint: `Start that service, or unset ${variable} to let moorage start one.`, cause },
    )
  }
  return views
}

async function* noLines(): AsyncGenerator<never> {}
