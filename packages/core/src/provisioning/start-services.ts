import { displayUrl } from './secrets.ts'
import type { StartContext } from './start-context.ts'
import { joinGiven, startService } from './start-service.ts'

/**
 * Starts these services, as parallel as their needs allow. The first failure aborts the rest; the promise rejects with
 * it when every start has ended.
 */
export async function startServices(context: StartContext, names: readonly string[]): Promise<void> {
  const { abort, gates } = context
  const failures: unknown[] = []
  await Promise.all(
    names.map(async (name) => {
      try {
        await startOne(context, name)
      } catch (error) {
        failures.push(error)
        gates.fail(name, error)
        abort.abort(error)
      }
    }),
  )
  if (failures.length) throw failures[0]
}

async function startOne(context: StartContext, name: string): Promise<void> {
  const { plan, gates, onProgress, clock } = context
  const planned = plan.services[name]
  if (!planned) throw new RangeError(name)
  await gates.wait(planned.needs)
  const since = clock.now()
  const given = planned.given !== undefined
  const { host } = given ? await joinGiven(context, name) : await startService(context, name)
  const ms = Math.round(clock.now() - since)
  onProgress({
    kind: 'ready',
    service: name,
    ms,
    ...(typeof host['url'] === 'string' ? { url: displayUrl(context.secrets.redact(host['url'])) } : {}),
    ...(given ? { given } : {}),
  })
}
