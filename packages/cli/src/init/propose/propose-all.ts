import { existsSync, readFileSync } from 'node:fs'
import type { Project, ProjectPackage } from '../detect/detect-project.ts'
import { nodeDriverServices, pythonDriverServices } from '../detect/driver-services.ts'
import type { ServiceGuess } from '../detect/service-guess.ts'
import type { Proposal } from '../change.ts'
import { planCi, type CiPlan } from './ci-plan.ts'
import { proposeConfig } from './config-file.ts'
import { guessServices } from './guess-services.ts'
import { proposeScripts } from './package-scripts.ts'
import { proposePlaywright } from './playwright-config.ts'
import { proposeSampleTest } from './sample-test.ts'
import { proposeVitest } from './vitest-config.ts'

export interface InitPlan {
  readonly proposals: readonly Proposal[]
  readonly services: readonly ServiceGuess[]
  readonly ci: CiPlan | undefined
}

type Options = { readonly [name: string]: string | boolean | undefined }

/** All files that init would create or edit. Reads, and writes nothing. */
export function proposeAll(project: Project, options: Options): InitPlan {
  const services = guessServices(project)
  const force = options['force'] === true
  const ci = planCi(project, options)
  const [first] = project.packages
  const sample = first && project.composeFile === undefined && proposeSampleTest(first, services, project.typescript)
  return {
    services,
    ci,
    proposals: [
      proposeConfig(project, services, force),
      ...project.packages.filter((item) => usesServices(item, project)).flatMap(proposeRunners),
      ...(sample ? [sample] : []),
      ...(ci?.files ?? []).map(({ path, text }) => fileProposal(path, text, force)),
    ],
  }
}

/** In a workspace, only packages that need services: those with a driver or testcontainers. */
function usesServices({ manifest, requirements, sources }: ProjectPackage, { packages }: Project): boolean {
  const drivers = [...nodeDriverServices(manifest.dependencies), ...pythonDriverServices(requirements)]
  return packages.length === 1 || drivers.length > 0 || sources.testcontainers.length > 0
}

function proposeRunners(item: ProjectPackage): readonly Proposal[] {
  return [
    ...item.runners.flatMap((runner) => {
      if (runner.name === 'vitest') return [proposeVitest(runner, item.manifest)]
      return runner.name === 'playwright' ? [proposePlaywright(runner, item.manifest)] : []
    }),
    proposeScripts(item),
  ]
}

function fileProposal(path: string, text: string, force: boolean): Proposal {
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (before === text) return { kind: 'unchanged', path }
  if (before !== undefined && !force)
    return {
      kind: 'kept',
      path,
      reason: 'it exists and differs. To compare: moorage init --force --dry-run',
    }
  return { kind: 'change', change: { path, before, after: text } }
}
