import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface ProjectFolder extends Disposable {
  readonly path: string
  read(file: string): string
  write(file: string, text: string): void
}

/** A project in a temporary folder that is a repository of its own. */
export function projectFolder(files: { readonly [file: string]: string }): ProjectFolder {
  const path = mkdtempSync(join(tmpdir(), 'moorage-init-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), text)
  }
  mkdirSync(join(path, '.git'))
  for (const [file, text] of Object.entries(files)) write(file, text)
  return {
    path,
    write,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A team with hand-written steps: kubectl in a workflow, testcontainers in a global setup, Python tests beside. */
export const HAND_WRITTEN: { readonly [file: string]: string } = {
  'package.json': JSON.stringify({
    name: 'shop',
    type: 'module',
    workspaces: ['frontend-v2'],
    scripts: { test: 'vitest run', lint: 'eslint .', build: 'node build.mjs' },
    devDependencies: {
      '@playwright/test': '^1.57.0',
      ioredis: '^5.0.0',
      pg: '^8.0.0',
      typescript: '^5.0.0',
      vitest: '^5.1.0',
    },
  }),
  'package-lock.json': '{}',
  'frontend-v2/package.json': JSON.stringify({
    name: 'web',
    scripts: { build: 'vite build', lint: 'eslint .', test: 'vitest run' },
    dependencies: { react: '^19.0.0', vite: '^8.0.0' },
  }),
  'requirements.txt': 'pytest\npsycopg[binary]\nruff\n',
  'conftest.py': '',
  Dockerfile: 'FROM scratch\n',
  'vitest.config.ts': `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { globalSetup: './test/setup.ts' },
})
`,
  'playwright.config.ts': `import { defineConfig } from '@playwright/test'

export default defineConfig({ webServer: { command: 'node server.mjs', port: 3000 } })
`,
  'test/setup.ts': `import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { GenericContainer } from 'testcontainers'

export default async function setup() {
  const db = await new PostgreSqlContainer('postgres:16').start()
  await new GenericContainer('mailhog/mailhog:v1.0.1').withExposedPorts(8025).start()
  process.env.DATABASE_URL = db.getConnectionUri()
}
`,
  '.github/workflows/old.yml': `on: push
jobs:
  test:
    runs-on: [self-hosted, k8s]
    services:
      cache: { image: 'redis:7.2' }
    steps:
      - run: |
          kubectl create namespace ci-$GITHUB_RUN_ID
          kubectl run db -n ci-$GITHUB_RUN_ID --image=postgres:16 \\
            --env=POSTGRES_PASSWORD=test --port=5432
          kubectl run web --image=nginx:1.27
      - run: kubectl port-forward -n ci-$GITHUB_RUN_ID pod/db 5432 & npm test
`,
}
