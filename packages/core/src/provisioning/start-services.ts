import type { PlannedService } from '../config/plan.ts'
import { displayUrl } from '../config/parse-service-url.ts'
import { buildImage } from './build-image.ts'
import { checkGivenService } from './check-given-service.ts'
import type { ConnectionViews } from './connection-views.ts'
import { DependencyGates } from './dependency-gates.ts'
import type { StartContext } from './start-context.ts'
import { startService } from './start-service.ts'

/**
 * Starts these services, as parallel as their needs allow, and returns their connection views. `ready` are the services
 * that run already. The first failure aborts the other starts; the promise rejects with it once every start has ended.
 */
export async function startServices(
  context: StartContext,
  names: readonly string[],
  ready: ReadonlyMap<string, ConnectionViews>,
): Promise<ReadonlyMap<string, ConnectionViews>> {
  const gates = new DependencyGates()
  for (const [name, views] of ready) gates.openAll(name, views)
  const started = new Map<string, ConnectionViews>()
  const failures: unknown[] = []
  await Promise.all(
    names.map(async (name) => {
      try {
        started.set(name, await startOne(context, name, gates))
      } catch (error) {
        failures.push(error)
        gates.fail(name, error)
        context.abort.abort(error)
      }
    }),
  )
  if (failures.length) throw failures[0]
  return started
}

async function startOne(context: StartContext, name: string, gates: DependencyGates): Promise<ConnectionViews> {
  const { clock, secrets, onProgress } = context
  const { needs, given, variable, spec } = context.plan.services[name] as PlannedService
  // A build needs no other service. A failed one ends the start of the run at once.
  const [needed, image] = await Promise.all([gates.wait(needs), buildImage(context, name)])
  const startedAt = clock.now()
  const onStarted = (views: ConnectionViews): void => gates.openStarted(name, views)
  const views =
    given === undefined
      ? await startService(context, { name, needed, image, onStarted })
      : await checkGivenService(context, name)
  gates.openAll(name, views)
  const { url } = views.host
  const project = context.attached.has(name) ? spec.container?.composeMember?.project : undefined
  onProgress({
    kind: 'ready',
    service: name,
    ms: Math.round(clock.now() - startedAt),
    ...(typeof url === 'string' ? { url: displayUrl(secrets.redact(url)) } : {}),
    ...(given === undefined ? {} : { given: variable }),
    ...(project === undefined ? {} : { composeProject: project }),
  })
  return views
}
