import type { Project } from './detect/detect-project.ts'
import type { CiPlan } from './propose/ci-plan.ts'
import type { ServiceGuess } from './detect/service-guess.ts'

export interface Outcome {
  readonly services: readonly ServiceGuess[]
  readonly ci: CiPlan | undefined
}

/** What the user does next: packages to install, permissions to grant, the command to run. */
export function nextSteps(project: Project, { ci }: Outcome): readonly string[] {
  const { workspace, packages } = project
  const [first] = packages
  const dependencies = first?.manifest.dependencies ?? {}
  const isDocker = ci?.provider !== 'kubernetes'
  const wanted = [
    ...('moorage' in dependencies ? [] : ['moorage']),
    // Docker is the usual provider on a laptop as well.
    ...(isDocker && ci !== undefined && !('testcontainers' in dependencies) ? ['testcontainers'] : []),
  ]
  const add = { npm: 'npm install --save-dev', pnpm: 'pnpm add -D', yarn: 'yarn add -D', bun: 'bun add -d' }
  return [
    ...(wanted.length ? [`next: ${add[workspace.manager]} ${wanted.join(' ')}`] : []),
    ...(ci?.role === undefined ? [] : [`next: an administrator of the cluster checks and applies ${ci.role}`]),
    ...(ci?.omitted ?? []).map(({ file, reason }) => `not written: ${file}, because ${reason}`),
    `next: ${workspace.manager === 'npm' ? 'npm' : workspace.manager} test`,
  ]
}
