import { ignoredOptions } from '../config/given-services.ts'
import type { PlannedService } from '../config/plan.ts'
import { bracketed } from '../config/parse-service-url.ts'
import { MoorageError } from '../contract/errors.ts'
import { waitReady } from '../readiness/wait-ready.ts'
import { givenConnectionViews, type ConnectionViews } from './connection-views.ts'
import { dialableServers, type UrlServer } from './given-url.ts'
import type { StartContext } from './start-context.ts'

const GIVEN_SERVICE_TIMEOUT_MS = 5_000

/**
 * Checks that a service that the user runs accepts connections, at one of the servers that its URL names. moorage never
 * seeds, resets or stops such a service, and reports what it would do for one of its own. Throws `MoorageError`
 * (START_FAILED).
 */
export async function checkGivenService(context: StartContext, name: string): Promise<ConnectionViews> {
  const { plan, abort, onProgress } = context
  const { given = '', variable, spec } = plan.services[name] as PlannedService
  const views = await givenConnectionViews(context, name)
  const servers = dialableServers(given)
  if (!servers.length) {
    const text = `services.${name}: ${variable} names no host and port, so moorage does not check whether it answers.`
    onProgress({ kind: 'notice', text })
  }
  try {
    if (servers.length) await Promise.any(servers.map((server) => waitForServer(context, name, server)))
  } catch (cause) {
    abort.signal.throwIfAborted()
    const tried = servers.map(({ host, port }) => `${bracketed(host)}:${port}`).join(', ')
    throw new MoorageError('START_FAILED', `services.${name}: ${variable} is set, but nothing answers at ${tried}.`, {
      service: name,
      hint: `Start that service, or unset ${variable} to let moorage start one.`,
      cause,
    })
  }
  const skipped = ignoredOptions(spec)
  if (skipped.length) {
    const text = `WARNING: services.${name}.${skipped.join(' and ')} ${skipped.length > 1 ? 'have' : 'has'} no effect, because ${variable} is set: moorage changes nothing in your own database. Unset ${variable} to let moorage start one.`
    onProgress({ kind: 'notice', text })
  }
  return views
}

async function waitForServer({ abort, clock }: StartContext, service: string, server: UrlServer): Promise<void> {
  await waitReady({
    service,
    unit: {
      endpoint: () => Promise.resolve(server),
      exited: new Promise<never>(() => {}),
      stop: () => Promise.resolve(),
      logs: noLines,
    },
    probes: [{ kind: 'tcp' }],
    ports: { main: server.port },
    signal: AbortSignal.any([abort.signal, AbortSignal.timeout(GIVEN_SERVICE_TIMEOUT_MS)]),
    clock,
    onAttempt: () => {},
  })
}

async function* noLines(): AsyncGenerator<never> {}
