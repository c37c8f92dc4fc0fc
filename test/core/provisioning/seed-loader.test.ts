import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runSeed } from '../../../packages/core/src/provisioning/seed.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'
import { thrownMessage } from '../../thrown-error.ts'

const SEED = `import { level, type Level } from '@/level'

enum Colour { Red = 3 }

function counted(target: new () => object): void {
  Object.assign(target, { counted: true })
}

@counted
class Thing {}

export function seed({ url }: { url: string }): void {
  const found: Level = level + Colour.Red
  if (found !== 5 || url !== 'x://y' || !(Thing as unknown as { counted?: boolean }).counted) throw new TypeError('wrong')
  if (process.env['FAILS']) throw new RangeError('odd')
}
`

let root: string
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'moorage-loader-')))
  write('package.json', '{ "type": "module" }')
  write('tsconfig.json', '{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@/*": ["./src/*"] } } }')
  write('src/level.ts', 'export type Level = number\nexport const level = 2\n')
  write('seed.ts', SEED)
})
afterEach(() => {
  delete process.env['FAILS']
  rmSync(root, { recursive: true, force: true })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function install(name: string): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  symlinkSync(realpathSync(resolve('node_modules', name)), join(root, 'node_modules', name))
}

async function run(): Promise<void> {
  const context = { tasks: new TaskStack(), runId: `loader-${process.pid}`, journalProcess: (): void => {} }
  const input = { connection: { url: 'x://y' }, root, signal: new AbortController().signal, context }
  await runSeed('db', { module: { $file: join(root, 'seed.ts') } }, input)
}

const failure = async (): Promise<string> => (await thrownMessage(run)).replaceAll(root, 'ROOT')

const ALIAS =
  "import { fileURLToPath } from 'node:url'\nexport default { resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } } }\n"

test.each([
  ['tsx', () => install('tsx')],
  [
    'the Vite of Vitest',
    () => {
      install('vitest')
      write('vitest.config.ts', ALIAS)
    },
  ],
])('a seed with an enum, a decorator and an alias runs by %s, and an error names its line', async (_, prepare) => {
  prepare()
  await run()
  process.env['FAILS'] = '1'
  expect(await failure()).toMatch(
    /^SEED_FAILED\n[^]*RangeError: odd\n +at (Module\.)?seed \((file:\/\/)?ROOT\/seed\.ts:15:/,
  )
})

test('without a loader of the project, the error says what Node does not load, and what would', async () => {
  write('seed.ts', SEED.replace("'@/level'", "'./src/level.ts'"))
  expect(await failure()).toMatch(
    /^SEED_FAILED\nservices\.db\.seed: ROOT\/seed\.ts(:3)? could not be loaded: .*enum.*\n.*write enums and namespaces as plain objects\. Or install tsx in ROOT: it compiles TypeScript and resolves the paths of tsconfig\.json\.$/,
  )
})
