import { describe, expect, test } from 'vitest'
import { describeFindings } from '../../../packages/cli/src/init/describe-findings.ts'
import { detectProject } from '../../../packages/cli/src/init/detect/detect-project.ts'
import { guessServices } from '../../../packages/cli/src/init/propose/guess-services.ts'
import { HAND_WRITTEN, projectFolder } from './project-folder.ts'

const manifest = (content: object): string => JSON.stringify(content)

test('hand-written steps: each is named with its place and what replaces it', () => {
  using folder = projectFolder(HAND_WRITTEN)
  const project = detectProject(folder.path)
  const db = "services.db: postgres({ version: '16', as: 'DATABASE_URL' })"
  expect(describeFindings(project, guessServices(project))).toEqual([
    'found npm, with 1 package in its workspace (package-lock.json)',
    'found vitest (package.json) → plugins: [moorage()] in its config',
    'found playwright (package.json) → moorage in its config, before the servers under test',
    'found pytest (conftest.py) → moorage exec -- pytest',
    "found ioredis (package.json) → services.redis: redis({ version: '7.2' })",
    `found pg (package.json) → ${db}`,
    `found psycopg (requirements.txt) → ${db}`,
    `found testcontainers with postgres:16 (test/setup.ts:5) → ${db}`,
    "found testcontainers with mailhog/mailhog:v1.0.1 (test/setup.ts:6) → services.mailhog: container({ image: 'mailhog/mailhog:v1.0.1', ports: { main: 8025 } })",
    'found a Dockerfile (Dockerfile) → an image build without a Docker daemon in CI',
    "found services with redis:7.2 (.github/workflows/old.yml:5) → services.redis: redis({ version: '7.2' })",
    'found kubectl create namespace (.github/workflows/old.yml:9) → moorage creates and removes what a run needs; remove the step',
    `found kubectl run with postgres:16 (.github/workflows/old.yml:10) → ${db}`,
    "found kubectl run with nginx:1.27 (.github/workflows/old.yml:12) → services.web: container({ image: 'nginx:1.27', ports: { main: 80 } })",
    'found kubectl port-forward (.github/workflows/old.yml:13) → moorage starts services, waits for them and forwards their ports; remove the step',
  ])
  expect(project.pipelines).toMatchObject({ usesKubernetes: true, kubernetesRunner: '[self-hosted, k8s]' })
})

describe('services', () => {
  test.each([
    ['no driver: PostgreSQL, to begin with', {}, {}, 'db postgres {}'],
    ['a driver', { mongodb: '7' }, {}, 'mongo mongodb {}'],
    [
      'the variable that the sources read',
      { mongoose: '8' },
      { 'a.ts': 'process.env.MONGODB_URI' },
      'mongo mongodb {"as":"MONGODB_URI"}',
    ],
    ['a variable that moorage sets anyway', { redis: '5' }, { 'a.ts': 'process.env.REDIS_URL' }, 'redis redis {}'],
    [
      'a compatible image',
      { pg: '8' },
      { 'a.ts': "import 'testcontainers'\nnew GenericContainer('postgis/postgis:17-3.5')" },
      'db postgres {"image":"postgis/postgis:17-3.5"}',
    ],
    [
      'two versions',
      {},
      { 'a.ts': "import 'testcontainers'\nnew GenericContainer('redis:7')\nnew GenericContainer('redis:8')" },
      'redis redis {"version":"7"}, redis2 redis {"version":"8"}',
    ],
    [
      'GitLab services',
      {},
      { '.gitlab-ci.yml': 'test:\n  services:\n    - mongo:7\n    - name: rabbitmq:4\n      alias: queue\n' },
      'mongo mongodb {"version":"7"}, rabbitmq container {"image":"rabbitmq:4","ports":{"main":5672}}',
    ],
    [
      'a Jenkinsfile',
      {},
      { Jenkinsfile: "sh 'kubectl run my-db --image=postgres:15'" },
      'db postgres {"version":"15"}',
    ],
    ['only Playwright and a start script', { '@playwright/test': '1' }, {}, 'web npmServer {}'],
  ])('%s', (_, dependencies, files, expected) => {
    using folder = projectFolder({ 'package.json': manifest({ scripts: { start: 'node .' }, dependencies }), ...files })
    const services = guessServices(detectProject(folder.path))
    expect(services.map(({ name, preset, options }) => `${name} ${preset} ${JSON.stringify(options)}`).join(', ')).toBe(
      expected,
    )
  })
})

describe('workspaces', () => {
  test.each([
    ['npm', { 'package.json': manifest({ workspaces: ['packages/*', '!packages/old'] }), 'package-lock.json': '' }],
    ['yarn', { 'package.json': manifest({ workspaces: { packages: ['packages/a', 'packages/b'] } }), 'yarn.lock': '' }],
    [
      'pnpm',
      { 'package.json': '{}', 'pnpm-workspace.yaml': "packages: ['packages/**', '!**/old']\n", 'pnpm-lock.yaml': '' },
    ],
    [
      'bun',
      {
        'package.json': manifest({
          workspaces: ['packages/{a,b}', 'packages/a', 'packages/b'],
          packageManager: 'bun@1.3.0',
        }),
      },
    ],
  ])('of %s', (manager, files) => {
    using folder = projectFolder({
      'packages/a/package.json': manifest({ name: 'a' }),
      'packages/b/package.json': manifest({ name: 'b' }),
      'packages/old/package.json': manifest({ name: 'old' }),
      ...files,
    })
    const { workspace } = detectProject(folder.path)
    expect(workspace).toMatchObject({ root: folder.path, manager })
    expect(workspace.packages.map(({ name }) => name)).toEqual(['a', 'b'])
    const inside = detectProject(`${folder.path}/packages/b`)
    expect(inside).toMatchObject({ folder: `${folder.path}/packages/b`, root: folder.path, workspace: { manager } })
    expect(inside.packages).toHaveLength(1)
  })
})

describe('bad input', () => {
  test('no package.json', () => {
    using folder = projectFolder({})
    expect(() => detectProject(folder.path)).toThrow(
      `init: ${folder.path} contains no package.json, nor does any folder above it.\nRun init in the folder of a project. For a new one, run first: npm init -y`,
    )
  })

  test.each([
    ['a comma too many', '{\n  "name": "shop",\n}', 3, 'Expected double-quoted property name'],
    ['an end too early', '{\n  "name": "shop"', 2, "Expected ',' or '}' after property value"],
    ['a word', 'shop', 1, "Unexpected token 's'"],
    ['a list', '[]', 1, undefined],
  ])('a package.json with %s', (_, text, line, problem) => {
    using folder = projectFolder({ 'package.json': text })
    const fact = problem === undefined ? 'package.json must hold an object.' : `this is not valid JSON: ${problem}.`
    expect(() => detectProject(folder.path)).toThrow(
      `${folder.path}/package.json:${line}: ${fact}\nFix the file and run init again. Nothing was written.`,
    )
  })

  test.each([
    [
      '.github/workflows/ci.yml',
      'on: push\njobs:\n  test:\n    steps: [\n',
      5,
      'Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['.gitlab-ci.yml', 'test:\n  script: "npm test\n', 3, 'Missing closing "quote'],
    ['azure-pipelines.yml', 'steps:\n\t- bash: npm test\n', 2, 'Tabs are not allowed as indentation'],
    ['pnpm-workspace.yaml', 'packages: a: b\n', 1, 'Nested mappings are not allowed in compact mappings'],
  ])('%s that cannot be parsed', (file, text, line, problem) => {
    using folder = projectFolder({ 'package.json': '{}', [file]: text })
    expect(() => detectProject(folder.path)).toThrow(
      `${folder.path}/${file}:${line}: this is not valid YAML: ${problem}.\nFix the file and run init again. Nothing was written.`,
    )
  })
})
