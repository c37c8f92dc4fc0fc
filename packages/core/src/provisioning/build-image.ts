import type { PlannedService } from '../config/plan.ts'
import { withDetails } from '../contract/errors.ts'
import { abortable } from '../provider-kit/clock.ts'
import { PhaseDeadline } from './phase-deadline.ts'
import type { RunImage } from './run-images.ts'
import { enterPhase, type Placement, type StartContext } from './start-context.ts'

/**
 * Builds the image of a service, with a deadline; undefined where the image of the service is a name. Throws
 * `MoorageError` (BUILD_FAILED, OPTION_UNSUPPORTED, DEADLINE).
 */
export async function buildImage(context: StartContext, name: string): Promise<RunImage | undefined> {
  const { plan, placements, abort, phaseDeadlines, clock, images, attached } = context
  const { spec, given } = plan.services[name] as PlannedService
  const { provider } = placements.get(name) ?? ({} as Partial<Placement>)
  const image = spec.container?.image
  if (given !== undefined || attached.has(name)) return undefined
  if (provider?.form !== 'container' || typeof image !== 'object') return undefined
  const { deadlines } = spec
  const phaseDeadline = new PhaseDeadline({ service: name, deadlines, clock }, (error) => abort.abort(error))
  phaseDeadlines.set(name, phaseDeadline)
  // Also where another service builds the same image.
  enterPhase(context, name, { phase: 'build' })
  try {
    return await abortable(images.get({ service: name, spec: image, provider }), abort.signal)
  } catch (error) {
    const cause: unknown = abort.signal.aborted ? abort.signal.reason : error
    throw withDetails(cause, 'START_FAILED', { service: name, provider: provider.name, phase: 'build' })
  } finally {
    phaseDeadline.stop()
  }
}
