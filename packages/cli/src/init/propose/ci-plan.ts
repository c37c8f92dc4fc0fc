import { join } from 'node:path'
import type { Project } from '../detect/detect-project.ts'
import type { CiSystem } from '../detect/scan-pipelines.ts'
import { fillTemplate, readTemplate } from '../fill-template.ts'
import { CI_NAMESPACE, ciValues, findFrontEnd, type CiProvider } from './ci-values.ts'

export interface CiPlan {
  readonly provider: CiProvider
  readonly files: readonly { readonly path: string; readonly text: string }[]
  /** Pipelines that the project has no use for. */
  readonly omitted: readonly { readonly file: string; readonly reason: string }[]
  /** Path of the file with the permissions of the runner, if it needs any. */
  readonly role: string | undefined
}

interface Pipeline {
  readonly template: string
  /** Relative to the root of the repository. */
  readonly file: string
  /** Why a project has no use for it; undefined if it has. */
  omit?(project: Project): string | undefined
}

const PIPELINES: { readonly [system in CiSystem]: readonly Pipeline[] } = {
  github: [
    { template: 'github/ci.yml', file: '.github/workflows/ci.yml' },
    { template: 'github/pr-checks.yml', file: '.github/workflows/pr-checks.yml' },
    {
      template: 'github/frontend-v2-pr.yml',
      file: '.github/workflows/frontend-v2-pr.yml',
      omit: (project) => (findFrontEnd(project) ? undefined : 'no package of the project is a front end'),
    },
    {
      template: 'github/visual-tests.yml',
      file: '.github/workflows/visual-tests.yml',
      omit: ({ packages }) =>
        packages.some(({ runners }) => runners.some(({ name }) => name === 'playwright'))
          ? undefined
          : 'the project has no Playwright',
    },
  ],
  gitlab: [{ template: 'gitlab-ci.yml', file: '.gitlab-ci.yml' }],
  jenkins: [{ template: 'Jenkinsfile', file: 'Jenkinsfile' }],
  azure: [{ template: 'azure-pipelines.yml', file: 'azure-pipelines.yml' }],
}

const ROLE_FILES: { readonly [system in CiSystem]: string } = {
  github: '.github/moorage-runner-role.yaml',
  gitlab: '.gitlab/moorage-runner-role.yaml',
  jenkins: 'moorage-runner-role.yaml',
  azure: 'moorage-runner-role.yaml',
}

type Options = { readonly [name: string]: string | boolean | undefined }

/** The pipelines for a CI system; undefined if the project uses none and the user names none. */
export function planCi(project: Project, { ci, provider }: Options): CiPlan | undefined {
  const system = (ci ?? project.pipelines.systems[0]) as CiSystem | undefined
  if (system === undefined) return undefined
  const chosen = (provider ?? (project.pipelines.usesKubernetes ? 'kubernetes' : 'docker')) as CiPlan['provider']
  const values = ciValues(project, chosen)
  const all = PIPELINES[system].map((pipeline) => ({ ...pipeline, reason: pipeline.omit?.(project) }))
  const pipelines = all
    .filter(({ reason }) => reason === undefined)
    .map(({ file, template }) => ({ path: join(project.root, file), text: fillTemplate(template, values) }))
  const role = chosen === 'kubernetes' ? ROLE_FILES[system] : undefined
  return {
    provider: chosen,
    files:
      role === undefined ? pipelines : [...pipelines, { path: join(project.root, role), text: roleText(role, system) }],
    omitted: all.flatMap(({ file, reason }) => (reason === undefined ? [] : [{ file, reason }])),
    role,
  }
}

/** The Role of the package, bound to the account of the runner. Namespaces of pull requests need a ClusterRole. */
function roleText(roleFile: string, system: CiSystem): string {
  const pullRequests = system === 'github'
  const text = readTemplate(pullRequests ? 'kubernetes-cluster-role.yaml' : 'kubernetes-role.yaml')
  const rules = text.slice(text.indexOf('apiVersion:')).trimEnd()
  return fillTemplate('runner-role.yaml', {
    roleFile,
    pullRequests,
    namespace: CI_NAMESPACE,
    role: pullRequests ? rules : rules.replace('  name: moorage\n', `  name: moorage\n  namespace: ${CI_NAMESPACE}\n`),
  })
}
