import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { completeBuild } from '../../../packages/core/src/build/complete-build.ts'
import { contextFiles } from '../../../packages/core/src/build/context-files.ts'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import type { BuildSpec } from '../../../packages/core/src/contract/build-spec.ts'
import { build, container, defineConfig } from '../../../packages/moorage/src/index.ts'
import { thrownError } from '../../thrown-error.ts'

const root = mkdtempSync(join(tmpdir(), 'moorage-build-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
function context(files: { readonly [path: string]: string }): string {
  const name = `context-${folders++}`
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, name, path, '..'), { recursive: true })
    writeFileSync(join(root, name, path), text)
  }
  return name
}

const at = 'services.app.image'
const complete = (spec: BuildSpec, env = {}): BuildSpec => completeBuild(spec, { at, root, env })
const digest = (spec: BuildSpec): string => complete(spec).digest ?? ''

test.each<[string, () => BuildSpec, string]>([
  [
    'a missing context',
    () => ({ context: 'nowhere' }),
    `${at}: the build context ${root}/nowhere is not a folder.\nCreate it, or correct the path.`,
  ],
  [
    'a missing Dockerfile',
    () => ({ context: context({ a: '' }) }),
    `${at}: there is no Dockerfile at ${root}/context-0/Dockerfile.\nCreate it, or name it: dockerfile, relative to the context, or dockerfileInline.`,
  ],
  [
    'an unset secret',
    () => ({ context: context({ Dockerfile: '' }), secrets: { npm: { env: 'NPM_TOKEN' } } }),
    `${at}.secrets.npm: the variable NPM_TOKEN is not set.\nSet NPM_TOKEN where the tests run, or name another variable or file.`,
  ],
  [
    'a missing file of a secret',
    () => ({ context: context({ Dockerfile: '' }), secrets: { npm: { file: 'npmrc' } } }),
    `${at}.secrets.npm: there is no file ${root}/npmrc.\nCreate it, or correct the path.`,
  ],
  [
    'a missing additional context',
    () => ({ context: context({ Dockerfile: '' }), additionalContexts: { lib: 'lib' } }),
    `${at}.additionalContexts.lib: ${root}/lib is not a folder.\nCreate it, or correct the path.`,
  ],
  [
    'an argument that is no text',
    () => ({ context: context({ Dockerfile: '' }), args: { URL: { $ref: ['db', 'url'] } as unknown as string } }),
    `${at}.args.URL is not a string.\nGive a string. A reference to another service has no value yet when an image is built.`,
  ],
])('%s is named', async (_, spec, message) => {
  expect(await thrownError(() => complete(spec()))).toMatchObject({ code: 'CONFIG_INVALID', message })
})

test('the digest covers what the builder gets, and nothing else', () => {
  const files = { Dockerfile: 'FROM a', '.dockerignore': '*.log\n', 'src/a': 'a', 'x.log': '1' }
  const first = digest({ context: context(files) })
  // Another folder, an ignored file, and where the secret comes from.
  expect(digest({ context: context({ ...files, 'x.log': '2' }) })).toBe(first)
  const changes: readonly (() => BuildSpec)[] = [
    () => ({ context: context({ ...files, 'src/a': 'b' }) }),
    () => ({ context: context({ ...files, Dockerfile: 'FROM b' }) }),
    () => ({ context: context({ ...files, 'kept.txt': '' }) }),
    () => ({ context: context(files), target: 'first' }),
    () => ({ context: context(files), args: { A: '1' } }),
    () => ({ context: context(files), platform: 'linux/arm64' }),
    () => ({ context: context(files), additionalContexts: { lib: context({ a: '' }) } }),
    () => {
      const changed = context(files)
      chmodSync(join(root, changed, 'src/a'), 0o755)
      return { context: changed }
    },
    () => {
      const changed = context(files)
      symlinkSync('src/a', join(root, changed, 'link'))
      return { context: changed }
    },
  ]
  const digests = changes.map((change) => digest(change()))
  expect(new Set([first, ...digests]).size).toBe(changes.length + 1)
})

test('the value of a secret is in the plan and not in the digest', () => {
  const spec = { context: context({ Dockerfile: '' }), secrets: { npm: { env: 'NPM_TOKEN' } } }
  const [one, two] = ['one', 'two'].map((value) => complete(spec, { NPM_TOKEN: value }))
  expect(one?.secrets).toEqual({ npm: { env: 'NPM_TOKEN', value: 'one' } })
  expect(two?.digest).toBe(one?.digest)
})

test.each<[string, string, readonly string[]]>([
  ['an exception', '*\n!src\nsrc/*.log\n', ['src', 'src/a', 'src/deep', 'src/deep/b.log']],
  ['an exception below a folder', 'src\n!src/deep/b.log\n', ['.dockerignore', 'Dockerfile', 'src/deep/b.log', 'x.log']],
  ['any depth', '**/*.log\n', ['.dockerignore', 'Dockerfile', 'src', 'src/a', 'src/deep']],
  [
    'upper and lower case',
    'SRC\ndockerfile\n',
    ['Dockerfile', 'src', 'src/a', 'src/a.log', 'src/deep', 'src/deep/b.log', 'x.log', '.dockerignore'],
  ],
  ['comments, slashes and spaces', '# a\n/src/ \n ./x.log\n', ['.dockerignore', 'Dockerfile']],
])('an ignore file with %s', (_, ignore, expected) => {
  const all = { Dockerfile: '', 'src/a': '', 'src/a.log': '', 'src/deep/b.log': '', 'x.log': '' }
  const folder = join(root, context({ ...all, '.dockerignore': ignore }))
  expect(contextFiles(folder).map(({ path }) => path)).toEqual([...expected].toSorted())
})

test("the Dockerfile's own ignore file takes precedence", () => {
  const folder = join(
    root,
    context({ Dockerfile: '', 'Dockerfile.dockerignore': 'b', '.dockerignore': 'a', a: '', b: '' }),
  )
  const paths = contextFiles(folder, join(folder, 'Dockerfile')).map(({ path }) => path)
  expect(paths).toEqual(['.dockerignore', 'Dockerfile', 'Dockerfile.dockerignore', 'a'])
})

test('a plan: equal builds in different folders are equal services, and a changed file names its context', () => {
  const planOf = (folder: string): ReturnType<typeof createPlan> =>
    createPlan(defineConfig({ root, services: { app: container({ image: build(folder), ports: { http: 1 } }) } }), {})
  const [one, two, three] = [{ a: '1' }, { a: '1' }, { a: '2' }].map((files) =>
    planOf(context({ Dockerfile: '', ...files })),
  )
  expect(two?.services['app']?.hash).not.toBe(one?.services['app']?.hash)
  expect(Object.values(two?.services['app']?.inputs ?? {})).toEqual(Object.values(one?.services['app']?.inputs ?? {}))
  expect(Object.values(three?.services['app']?.inputs ?? {})).not.toEqual(
    Object.values(one?.services['app']?.inputs ?? {}),
  )
  expect(Object.keys(one?.services['app']?.inputs ?? {})).toEqual([
    'options',
    expect.stringMatching(/^build context context-\d+$/),
  ])
})

test('a mirror serves images of Docker Hub alone', () => {
  const imageOf = (image: string): unknown =>
    createPlan(
      defineConfig({
        root,
        imageMirror: 'registry.example/hub/',
        services: { app: container({ image, ports: { http: 1 } }) },
      }),
      {},
    ).services['app']?.spec.container?.image
  expect(['busybox:1', 'library/nginx', 'localhost/a', 'quay.io/b:1', 'host:5000/c'].map(imageOf)).toEqual([
    'registry.example/hub/busybox:1',
    'registry.example/hub/library/nginx',
    'localhost/a',
    'quay.io/b:1',
    'host:5000/c',
  ])
})

test.each<[string, Parameters<typeof build>[0], string]>([
  [
    'an empty context',
    '',
    "build({ context }) is empty.\nGive a folder, such as './server', or '.' for the project's root.",
  ],
  [
    'an address',
    'https://github.com/a/b.git',
    'build({ context }): https://github.com/a/b.git is an address.\nClone the repository, and give the folder.',
  ],
  [
    'two Dockerfiles',
    { dockerfile: 'a', dockerfileInline: 'b' },
    'build({ dockerfile, dockerfileInline }): the two options exclude each other.\nRemove one of them.',
  ],
  [
    'a name with a tag',
    { name: 'shop:1' },
    "build({ name }): 'shop:1' is not the name of a repository.\nGive lower-case letters, digits, dots, dashes and slashes, without a tag, such as 'shop/server'.",
  ],
])('build() refuses %s', async (_, options, message) => {
  expect(await thrownError(() => build(options))).toMatchObject({ code: 'CONFIG_INVALID', message })
})
