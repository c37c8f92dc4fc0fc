import { join } from 'node:path'
import type { AnyConfig } from '@moorage/core'
import { container, defineConfig, mongodb, npmServer, postgres, redis, ref } from 'moorage'
import { expect, test } from 'vitest'
import { composeFile } from '../../packages/cli/src/render/compose-file.ts'
import { dockerCommands } from '../../packages/cli/src/render/docker-commands.ts'
import { toYaml } from '../../packages/cli/src/render/yaml.ts'
import { readProject } from '../../packages/compose/src/load/read-project.ts'
import { toPlain } from '../../packages/compose/src/yaml/tree.ts'
import { projectFolder } from '../compose/project-files.ts'

const db = postgres()

const config = defineConfig({
  services: {
    db,
    cache: redis(),
    documents: mongodb(),
    site: npmServer({ script: 'start' }),
    web: container({
      image: 'nginx:1.28',
      ports: { http: 80 },
      command: ['sh', '-c', 'echo "$HOME" it\'s'],
      env: { DATABASE: db.url, HOST: ref`${db.host}:${db.port}`, API_TOKEN: 'plain', YES: 'yes', NUMBER: '1' },
      files: { '/etc/app': 'test/cli' },
      needs: { cache: 'started' },
    }),
  },
}) as unknown as AnyConfig

test('a config becomes a compose file without secrets', () => {
  const { services } = composeFile(config) as unknown as { services: Record<string, Record<string, unknown>> }
  expect(Object.keys(services)).toEqual(['db', 'cache', 'documents', 'web'])
  expect(services['web']).toMatchObject({
    image: 'nginx:1.28',
    command: ['sh', '-c', 'echo "$$HOME" it\'s'],
    environment: {
      DATABASE: 'postgresql://postgres:***@db:5432/test',
      HOST: 'db:5432',
      API_TOKEN: '***',
      YES: 'yes',
      NUMBER: '1',
    },
    ports: ['127.0.0.1::80'],
    depends_on: { cache: { condition: 'service_started' }, db: { condition: 'service_started' } },
  })
  expect(services['db']?.['environment']).toMatchObject({ POSTGRES_USER: 'postgres', POSTGRES_PASSWORD: '***' })
})

test('its YAML reads back as the same data', () => {
  const file = composeFile(config)
  const folder = projectFolder({ 'compose.yaml': toYaml(file) })
  const project = readProject({ files: [join(folder, 'compose.yaml')], env: {} })
  const { services } = toPlain(project.root) as { services: Record<string, Record<string, unknown>> }
  expect(project.findings.all).toEqual([])
  expect(services['web']?.['command']).toEqual(['sh', '-c', 'echo "$HOME" it\'s'])
  expect(services['web']?.['environment']).toMatchObject({ YES: 'yes', NUMBER: '1', API_TOKEN: '***' })
  expect(services['db']).toMatchObject({ image: 'postgres:17', user: '999:999' })
})

test.each([
  [{ a: { b: ['x', { c: 1, d: [] }] } }, 'a:\n  b:\n    - x\n    - c: 1\n'],
  [{ a: '1', b: 'no', c: 'a: b', d: '', e: null, f: true }, 'a: "1"\nb: "no"\nc: "a: b"\nd: ""\ne: null\nf: true\n'],
  [{ a: {}, b: 'two\nlines' }, 'a: {}\nb: "two\\nlines"\n'],
])('%j as YAML', (value, text) => {
  expect(toYaml(value)).toBe(text)
})

test('a config becomes docker commands', () => {
  const commands = dockerCommands(composeFile(config))
  const [, web = ''] = /(docker run --detach \\\n  --name web [^]*)$/.exec(commands) ?? []
  expect(web).toBe(
    [
      'docker run --detach \\',
      '  --name web --network moorage \\',
      '  --publish 127.0.0.1::80 \\',
      '  --volume test/cli:/etc/app:ro \\',
      "  --env 'DATABASE=postgresql://postgres:***@db:5432/test' \\",
      '  --env HOST=db:5432 \\',
      "  --env 'API_TOKEN=***' \\",
      '  --env YES=yes \\',
      '  --env NUMBER=1 \\',
      String.raw`  nginx:1.28 sh -c 'echo "$HOME" it'\''s'`,
      '',
    ].join('\n'),
  )
  expect(commands).toMatch(/^docker network create moorage\n/)
})
