import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { detectProject } from '../../../packages/cli/src/init/detect/detect-project.ts'
import { planCi } from '../../../packages/cli/src/init/propose/ci-plan.ts'
import { fillTemplate } from '../../../packages/cli/src/init/fill-template.ts'
import { parseYaml } from '../../../packages/cli/src/init/detect/parse-yaml.ts'
import { actionErrors, workflowErrors } from './github-schema.ts'
import { HAND_WRITTEN, projectFolder } from './project-folder.ts'

const SMALL = {
  'package.json': JSON.stringify({ scripts: { test: 'vitest run' }, devDependencies: { vitest: '5', pg: '8' } }),
}
const PNPM = {
  'app/package.json': JSON.stringify({
    devDependencies: { vitest: '5', '@playwright/test': '1.57' },
    dependencies: { next: '16' },
  }),
  'app/pnpm-lock.yaml': '',
}

/** The files that init writes, by name. */
function pipelines(files: { readonly [file: string]: string }, ci: string, options: object = {}): Map<string, string> {
  using folder = projectFolder(files)
  const start = 'app/package.json' in files ? `${folder.path}/app` : folder.path
  const plan = planCi(detectProject(start), { ci, ...options })
  return new Map(plan?.files.map(({ path, text }) => [basename(path), text]))
}

const projects = { 'hand-written steps': HAND_WRITTEN, 'a small project': SMALL, 'a nested pnpm project': PNPM }

describe.each(Object.entries(projects))('%s', (_, files) => {
  test.each(['docker', 'kubernetes'])('the workflows for %s follow the schema of GitHub', async (provider) => {
    const workflows = [...pipelines(files, 'github', { provider })].filter(([name]) => name.endsWith('.yml'))
    expect(workflows.length).toBeGreaterThanOrEqual(2)
    for (const [name, text] of workflows) expect(await workflowErrors(name, text), `${name}\n${text}`).toEqual([])
  })

  test.each(['gitlab', 'azure'])('the pipeline for %s is YAML without placeholders', (ci) => {
    for (const provider of ['docker', 'kubernetes'])
      for (const [name, text] of pipelines(files, ci, { provider })) {
        for (const document of parseYaml(name, text).documents) expect(() => document.toJS()).not.toThrow()
        expect(text).not.toMatch(/__[a-z]\w*__|^\s*#(if|end|include)/m)
      }
  })

  test('workflows ask for no more permissions than they need, and every job has a time limit', () => {
    for (const [name, text] of pipelines(files, 'github', { provider: 'docker' })) {
      const [document] = parseYaml(name, text).documents
      const { permissions, concurrency, jobs } = (document?.toJS() ?? {}) as Workflow
      expect(permissions).toEqual({ contents: 'read' })
      expect(concurrency).toMatchObject({ group: expect.any(String) })
      for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(30)
      // A value of the event in a script would be run as code.
      const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
      expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
      // Pinned by major version.
      for (const [, used = ''] of text.matchAll(/uses: (\S+)/g)) expect(used).toMatch(/@v\d+$/)
    }
  })
})

interface Workflow {
  readonly permissions: unknown
  readonly concurrency: unknown
  readonly jobs: {
    readonly [name: string]: {
      readonly 'timeout-minutes': number
      readonly steps: readonly { readonly run?: string }[]
    }
  }
}

test('a project gets the workflows that it has a use for', () => {
  expect([...pipelines(HAND_WRITTEN, 'github').keys()]).toEqual([
    'ci.yml',
    'pr-checks.yml',
    'frontend-v2-pr.yml',
    'visual-tests.yml',
    'moorage-runner-role.yaml',
  ])
  expect([...pipelines(SMALL, 'github').keys()]).toEqual(['ci.yml', 'pr-checks.yml'])
})

test('pull requests have a namespace of their own, which their end removes', () => {
  const text = pipelines(HAND_WRITTEN, 'github').get('pr-checks.yml') ?? ''
  expect(text).toContain('  MOORAGE_NAMESPACE: pr-${{ github.event.pull_request.number }}\n')
  expect(text).toContain('run: kubectl delete namespace "$MOORAGE_NAMESPACE" --ignore-not-found --wait=false')
  expect(text).toContain(
    'TAG: pr-${{ github.event.pull_request.number }}-${{ github.run_id }}-${{ github.run_attempt }}',
  )
})

test('the role of the runner has the rules of the package, and binds them', () => {
  const role = pipelines(HAND_WRITTEN, 'github').get('moorage-runner-role.yaml') ?? ''
  const documents = parseYaml('role', role).documents.map(
    (document) => document.toJS() as { kind: string; rules?: unknown },
  )
  expect(documents.map(({ kind }) => kind)).toEqual(['Namespace', 'ClusterRole', 'ClusterRoleBinding'])
  const [packaged] = parseYaml('packaged', readFileSync('docs/kubernetes-cluster-role.yaml', 'utf8')).documents
  expect(documents[1]).toEqual(packaged?.toJS())
  const shared = pipelines(HAND_WRITTEN, 'gitlab').get('moorage-runner-role.yaml') ?? ''
  expect(parseYaml('role', shared).documents.map((document) => (document.toJS() as { kind: string }).kind)).toEqual([
    'Namespace',
    'Role',
    'RoleBinding',
  ])
})

test('the action follows the schema of actions', async () => {
  expect(await actionErrors(readFileSync('packages/action/action.yml', 'utf8'))).toEqual([])
})

describe('the checks can fail', () => {
  test('a workflow with an unknown key', async () => {
    const text = (pipelines(SMALL, 'github').get('ci.yml') ?? '').replace('timeout-minutes', 'timeout-hours')
    expect(await workflowErrors('ci.yml', text)).toEqual([expect.stringContaining("Unexpected value 'timeout-hours'")])
    expect(await actionErrors('name: a\nruns: {}\n')).not.toEqual([])
  })

  test('a template with a name that has no value, or with an open part', () => {
    expect(() => fillTemplate('t', {}, () => 'a: __b__')).toThrow('t: no value for __b__')
    expect(() => fillTemplate('t', {}, () => '#if b\n#end')).toThrow('no value for #if b')
    expect(() => fillTemplate('t', { b: true }, () => '#if b')).toThrow('t: #if without #end')
  })
})

test('a template keeps optional parts and indents shared ones', () => {
  const files: { readonly [name: string]: string } = {
    t: 'a:\n#if b\n  #include part\n#if !c\n  gone: 1\n#end\n#end\n#if !b\n  gone: 2\n#end\n',
    part: '- x: __d__\n#if c\n  y: 1\n#end\n',
  }
  expect(fillTemplate('t', { b: 'yes', c: true, d: '1' }, (name) => files[name] ?? '')).toBe('a:\n  - x: 1\n    y: 1\n')
})
