import { ignoreNotFound } from './errors.ts'
import { expectSuccess, type Nerdctl } from './engine/nerdctl.ts'
import { RUN_LABEL } from './labels.ts'

/**
 * Ends one unit: the image's stop signal, a kill `stopGraceSeconds` later, then the removal. Without a grace the kill
 * comes at once.
 */
export async function stopUnit(nerdctl: Nerdctl, name: string, stopGraceSeconds?: number): Promise<void> {
  if (stopGraceSeconds !== undefined)
    await expectSuccess(nerdctl, ['stop', '--time', String(stopGraceSeconds), name]).catch(ignoreNotFound)
  await removeContainer(nerdctl, name)
}

/** Removes a container in any state, with its anonymous volumes. A container that is already gone is no error. */
export async function removeContainer(nerdctl: Nerdctl, name: string): Promise<void> {
  await expectSuccess(nerdctl, ['rm', '--force', '--volumes', name]).catch(ignoreNotFound)
}

/** Removes the containers that carry the run's label, also those that an unfinished start has created meanwhile. */
export async function removeRunContainers(nerdctl: Nerdctl, runId: string): Promise<void> {
  const args = ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${RUN_LABEL}=${runId}`]
  const ids = (await expectSuccess(nerdctl, args)).split('\n').filter(Boolean)
  await Promise.all(ids.map((id) => removeContainer(nerdctl, id)))
}
