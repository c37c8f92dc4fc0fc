import { spawn } from 'node:child_process'

export interface Check {
  readonly name: string
  readonly argv: readonly string[]
}

// Patterns of its configuration file would be relative to that file: what to leave out stands in an ignore file.
export const formatter: readonly string[] = [
  'node_modules/oxfmt/bin/oxfmt',
  '--config=scripts/oxfmt.json',
  '--ignore-path=.gitignore',
  '--ignore-path=scripts/oxfmt.ignore',
]

export const checks: readonly Check[] = [
  { name: 'types of the packages', argv: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  {
    name: 'types of tests, examples and scripts',
    argv: ['node_modules/typescript/bin/tsc', '-p', 'test/tsconfig.json'],
  },
  // Each registers its own config: one program each.
  ...[
    'compose-app',
    'demo',
    'fullstack',
    'node-test',
    'playwright-visual',
    'vitest-mongodb',
    'vitest-postgres-redis',
  ].map((name) => ({
    name: `types of example ${name}`,
    argv: ['node_modules/typescript/bin/tsc', '-p', `examples/${name}`],
  })),
  { name: 'format', argv: [...formatter, '--check', '.'] },
  { name: 'lint', argv: ['node_modules/oxlint/bin/oxlint', '-c', 'scripts/oxlint.json', '--deny-warnings'] },
  {
    name: 'unused files, exports and packages',
    argv: [
      'node_modules/knip/bin/knip.js',
      '--no-progress',
      '--no-config-hints',
      '--config=scripts/knip.config.ts',
      '--include=files,exports,types,dependencies,unlisted,duplicates',
    ],
  },
  { name: 'package.json of the package', argv: ['node_modules/publint/src/cli.js', 'packages/moorage', '--strict'] },
]

export async function runCheck({ argv }: Check): Promise<{ readonly passed: boolean; readonly output: string }> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { passed: code === 0, output }
}
