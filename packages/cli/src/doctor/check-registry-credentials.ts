import type { CheckResult } from '@moorage/core'
import { findCredentials, registryOf } from '@moorage/core/runner'
import type { DoctorContext } from './check.ts'

const DOCKER_HUB = 'Docker Hub'

/** Whether this machine has credentials for the registries of the config's images. Shows none of them. */
export async function checkRegistries({
  plan,
  env,
}: Pick<DoctorContext, 'plan' | 'env'>): Promise<readonly CheckResult[]> {
  const images = Object.values(plan?.services ?? {}).flatMap(({ spec, given }) =>
    given === undefined && typeof spec.container?.image === 'string' ? [spec.container.image] : [],
  )
  const registries = [...new Set(images.map((image) => registryOf(image)))]
  return await Promise.all(registries.map((registry) => checkRegistry(registry, env)))
}

async function checkRegistry(registry: string | undefined, env: DoctorContext['env']): Promise<CheckResult> {
  const name = registry ?? DOCKER_HUB
  const { credentials, problem } = await findCredentials(registry, env)
  if (problem !== undefined)
    return {
      status: 'warning',
      text: `${name}: ${problem.replace(/\.$/, '')}, so its images are pulled without credentials`,
      fix: `Correct the helper, or log in again: docker login${registry === undefined ? '' : ` ${registry}`}.`,
    }
  return {
    status: 'ok',
    text: credentials
      ? `${name}: this machine has credentials`
      : `${name}: images are pulled without credentials, since this machine is not logged in there`,
  }
}
