import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { detectProject } from '../../packages/cli/src/init/detect/detect-project.ts'
import { parseYaml } from '../../packages/cli/src/init/detect/parse-yaml.ts'
import { planCi } from '../../packages/cli/src/init/propose/ci-plan.ts'
import { HAND_WRITTEN, projectFolder, type ProjectFolder } from '../../test/cli/init/project-folder.ts'
import { linkBuildPrograms } from '../harness/build-programs.ts'
import { environmentOf, kubectl, missing } from '../harness/engine.ts'
import { runWorkflow, type Workflow } from '../harness/workflow-steps.ts'
import { actionlint, binary, buildPrograms } from '../testbed/go-programs.ts'

const registry = process.env['MOORAGE_TESTBED_REGISTRY'] ?? ''

describe('actionlint', () => {
  beforeAll(() => buildPrograms([actionlint]), 300_000)

  test.each(['docker', 'kubernetes'])('finds nothing in the workflows for %s', (provider) => {
    using folder = projectFolder(HAND_WRITTEN)
    writePipelines(folder, 'github', provider)
    expect(lint(folder, 'ci', 'pr-checks', 'frontend-v2-pr', 'visual-tests')).toBe('')
  })

  test('and it can: a workflow that reads an output that no job has', () => {
    using folder = projectFolder(HAND_WRITTEN)
    writePipelines(folder, 'github', 'docker')
    folder.write(
      '.github/workflows/pr-checks.yml',
      folder
        .read('.github/workflows/pr-checks.yml')
        .replace('outputs.code }}', 'outputs.cod }}')
        .replace('needs.changes.outputs.code ==', 'needs.changes.outputs.kode =='),
    )
    expect(lint(folder, 'pr-checks')).toContain('property "kode" is not defined')
  })
})

function lint(folder: ProjectFolder, ...names: readonly string[]): string {
  folder.write('.github/actionlint.yaml', 'self-hosted-runner: { labels: [k8s] }\n')
  const files = names.map((name) => join(folder.path, `.github/workflows/${name}.yml`))
  return spawnSync(binary(actionlint), ['-no-color', '-shellcheck=', '-pyflakes=', ...files], {
    encoding: 'utf8',
    cwd: folder.path,
  }).stdout
}

function writePipelines(folder: ProjectFolder, ci: string, provider: string): void {
  for (const { path, text } of planCi(detectProject(folder.path), { ci, provider })?.files ?? [])
    folder.write(path.slice(folder.path.length + 1), text)
}

const PROJECT = {
  'package.json': JSON.stringify({
    type: 'module',
    scripts: { test: 'node test.mjs', lint: 'node --check test.mjs', build: 'node -e 1', start: 'node server.mjs' },
    dependencies: { react: '19' },
    devDependencies: { vitest: '5', '@playwright/test': '1.57' },
  }),
  'package-lock.json': '{}',
  Dockerfile: 'FROM scratch\nCOPY package.json /\n',
  'moorage.config.mjs':
    "import { defineConfig, staticServer } from 'moorage'\nexport default defineConfig({ services: { web: staticServer({ root: 'site' }) } })\n",
  'site/index.html': 'built by the pipeline',
  // A runner of its own: it needs no package.
  'test.mjs': `import { spawnSync } from 'node:child_process'
if (process.env.WEB_URL) console.log(await (await fetch(process.env.WEB_URL)).text())
else process.exit(spawnSync('node_modules/.bin/moorage', ['exec', '--', 'node', 'test.mjs'], { stdio: 'inherit' }).status ?? 1)
`,
}

/** A repository with a base and a head, in which the package is installed. */
function repository(): ProjectFolder & { readonly base: string; readonly head: string } {
  const folder = projectFolder(PROJECT)
  mkdirSync(join(folder.path, 'node_modules/.bin'), { recursive: true })
  symlinkSync(resolve('packages/moorage'), join(folder.path, 'node_modules/moorage'))
  // As npm installs it; the file of the checkout is not executable.
  const command = `#!/bin/sh\nexec '${process.execPath}' '${resolve('packages/moorage/bin/moorage.mjs')}' "$@"\n`
  writeFileSync(join(folder.path, 'node_modules/.bin/moorage'), command, { mode: 0o755 })
  const git = (...args: string[]): string =>
    spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    }).stdout.trim()
  folder.write('.gitignore', 'node_modules\n')
  git('init', '-q')
  const commit = (message: string): string => {
    git('add', '-A')
    git('commit', '-qm', message)
    return git('rev-parse', 'HEAD')
  }
  const base = commit('base')
  folder.write('server.mjs', '// new\n')
  return { ...folder, base, head: commit('head') }
}

// The cluster in `npm test`, Docker as well in `npm run matrix`.
const TRIED = process.env['MOORAGE_MATRIX'] ? (['docker', 'kubernetes'] as const) : (['kubernetes'] as const)

describe.each(TRIED)('the steps of the workflows on %s', (provider) => {
  test.for(['ci', 'pr-checks', 'frontend-v2-pr', 'visual-tests'])('%s.yml', async (name, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    if (!process.env['MOORAGE_TESTBED_BUILDKIT_HOST']) skip('no buildkitd (npm run testbed -- up)')
    using folder = repository()
    using programs = linkBuildPrograms()
    symlinkSync(process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl', join(programs.folder, 'kubectl'))
    writePipelines(folder, 'github', provider)
    const [document] = parseYaml(name, folder.read(`.github/workflows/${name}.yml`)).documents
    const workflow = (document?.toJS() ?? { jobs: {} }) as Workflow
    const repositoryName = `init-test/${provider}-${name}`
    const run = (action: string): ReturnType<typeof runWorkflow> =>
      runWorkflow(workflow, {
        folder: folder.path,
        contexts: {
          github: {
            actor: 'me',
            repository: repositoryName,
            run_id: '4711',
            run_attempt: '1',
            event: pullRequest(folder, action),
          },
          vars: { REGISTRY: registry, BUILDKIT_HOST: process.env['MOORAGE_TESTBED_BUILDKIT_HOST'] },
          secrets: { GITHUB_TOKEN: 'none' },
          inputs: { services: true },
        },
        variables: {
          ...process.env,
          ...environmentOf(provider),
          CI: 'true',
          PATH: `${programs.folder}:${dirname(process.execPath)}:${process.env['PATH']}`,
        },
        // Installed already, or by a registry.
        skip: /^(npm ci|npx playwright)/,
      })
    const runs = [...run('synchronize'), ...(name === 'pr-checks' && provider === 'kubernetes' ? run('closed') : [])]
    for (const { script, status, output } of runs) expect(status, `${script}\n${output}`).toBe(0)
    expect(runs.map(({ job }) => job)).toEqual(
      JOBS[name]?.filter((job) => provider === 'kubernetes' || !['namespace', 'clean-up'].includes(job)),
    )
    const tested = runs.find(({ job, script }) => job === 'test' && script.includes('npm test'))
    if (name !== 'visual-tests') {
      expect(tested?.output).toContain(`moorage: provider ${provider} (`)
      expect(tested?.output).toContain('built by the pipeline')
    }
    if (runs.some(({ job }) => job === 'image'))
      expect(await removeTags(repositoryName)).toEqual([name === 'ci' ? '4711-1' : 'pr-7-4711-1'])
    if (name === 'pr-checks' && provider === 'kubernetes') {
      expect(tested?.output).toContain('pr-7')
      expect(kubectl('get', 'namespace', 'pr-7', '-o', 'jsonpath={.status.phase}').stdout).toMatch(/^(Terminating)?$/)
    }
  })
})

describe('other systems', () => {
  test.for([
    {
      name: 'GitLab',
      ci: 'gitlab',
      scriptsOf: (text: string) => {
        const { test: job } = (parseYaml('gitlab', text).documents[0]?.toJS() ?? {}) as { test: { script: unknown[] } }
        return job.script.flat() as string[]
      },
    },
    {
      name: 'Azure Pipelines',
      ci: 'azure',
      scriptsOf: (text: string) => {
        const { jobs } = (parseYaml('azure', text).documents[0]?.toJS() ?? {}) as {
          jobs: { steps: { bash?: string }[] }[]
        }
        return jobs[0]?.steps.flatMap(({ bash }) => bash ?? []) ?? []
      },
    },
    {
      name: 'Jenkins',
      ci: 'jenkins',
      scriptsOf: (text: string) =>
        [...text.matchAll(/dir\('\.'\) \{ sh '([^']+)' \}/g)].map(([, script = '']) => script),
    },
  ])('the commands of the pipeline for $name', ({ ci, scriptsOf }, { skip }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    using folder = repository()
    writePipelines(folder, ci, 'docker')
    const file = { gitlab: '.gitlab-ci.yml', azure: 'azure-pipelines.yml', jenkins: 'Jenkinsfile' }[ci] ?? ''
    const scripts = scriptsOf(folder.read(file)).filter((script) => script !== 'npm ci')
    expect(scripts.filter((script) => script !== 'npm run lint')).toEqual(['npm run build', 'npm test'])
    const workflow = { jobs: { test: { steps: scripts.map((run) => ({ run })) } } }
    const runs = runWorkflow(workflow, { folder: folder.path, contexts: {}, variables: pipelineVariables, skip: /^$/ })
    expect(runs.map(({ status, output }) => (status === 0 ? 0 : output))).toEqual(scripts.map(() => 0))
    expect(runs.at(-1)?.output).toContain('built by the pipeline')
  })

  test('the action runs a command with services', ({ skip }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    using folder = repository()
    const { runs: action } = (parseYaml(
      'action',
      readFileSync('packages/action/action.yml', 'utf8'),
    ).documents[0]?.toJS() ?? {}) as {
      runs: { steps: Workflow['jobs'][string]['steps'] }
    }
    const run = (command: string): ReturnType<typeof runWorkflow> =>
      runWorkflow(
        { jobs: { test: { steps: action.steps } } },
        {
          folder: folder.path,
          contexts: { inputs: { run: command, 'working-directory': '.', provider: 'docker', namespace: '' } },
          variables: pipelineVariables,
          skip: /^$/,
        },
      )
    expect(run('npm test\necho end')).toEqual([
      expect.objectContaining({
        status: 0,
        output: expect.stringMatching(/built by the pipeline\nend\n[^]*provider docker/),
      }),
    ])
    // The result of the command is that of the step.
    expect(run('false\ntrue')).toEqual([expect.objectContaining({ status: 1 })])
  })
})

const pipelineVariables = { ...process.env, MOORAGE_PROVIDER: 'docker', CI: 'true' }

// The jobs whose steps run, once for each step.
const JOBS: { readonly [name: string]: readonly string[] } = {
  ci: ['lint', 'test', 'test', 'image'],
  'pr-checks': ['changes', 'namespace', 'lint', 'test', 'test', 'image', 'clean-up'],
  'frontend-v2-pr': ['check', 'check', 'test'],
  'visual-tests': ['visual'],
}

function pullRequest({ base, head }: { readonly base: string; readonly head: string }, action: string): object {
  return {
    action,
    pull_request: {
      number: 7,
      base: { sha: base },
      head: { sha: head, repo: { fork: false } },
      labels: [{ name: 'services' }],
    },
  }
}

/** Removes what the pipeline has pushed, and gives its tags. */
async function removeTags(name: string): Promise<readonly string[]> {
  const url = `http://${registry}/v2/${name}`
  const { tags } = (await (await fetch(`${url}/tags/list`)).json()) as { readonly tags: readonly string[] }
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json'
  for (const tag of tags) {
    const { headers } = await fetch(`${url}/manifests/${tag}`, { method: 'HEAD', headers: { accept } })
    await fetch(`${url}/manifests/${headers.get('docker-content-digest')}`, { method: 'DELETE' })
  }
  return tags
}
