import { join } from 'node:path'
import type { AnyConfig } from '@moorage/core'
import { renderRun } from '@moorage/core/runner'
import {
  build,
  container,
  defineConfig,
  docker,
  kubernetes,
  npmServer,
  postgres,
  ref,
} from '../../packages/moorage/src/index.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { toYamlDocuments } from '../../packages/cli/src/render/yaml.ts'
import { projectFolder } from '../compose/project-files.ts'
import { thrownMessage } from '../thrown-error.ts'

const db = postgres()
const site = npmServer({ script: 'start', port: 8000 })

const web = container({
  image: 'nginx:1.28',
  ports: { http: 80 },
  command: ['sh', '-c', 'echo "$HOME"'],
  env: { DATABASE: db.url, HOST: ref`${db.host}:${db.port}`, SITE: site.url, API_TOKEN: 'plain' },
  aliases: ['front'],
})

type Services = Parameters<typeof defineConfig>[0]['services']

const render = async (services: Services, options = {}, env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const config = defineConfig({ services, kubernetes: options }) as unknown as AnyConfig
  const rendering = await renderRun(config, { provider: 'kubernetes', providers: [kubernetes()], env })
  return toYamlDocuments(rendering.objects, rendering.notes)
}

/** The document of an object, without its first lines. */
const document = (yaml: string, kind: string, name: string): string =>
  yaml.split('---\n').find((text) => text.includes(`\nkind: ${kind}\n`) && text.includes(`\n  name: ${name}\n`)) ?? ''

test('a config becomes the objects of a cluster, in the order of their creation', async () => {
  const yaml = await render({ db, site, web })
  expect(yaml.match(/^kind: .*|^ {2}name: .*/gm)).toEqual([
    'kind: Namespace',
    '  name: moorage-run',
    'kind: Service',
    '  name: moorage-run',
    'kind: Secret',
    '  name: db-env',
    'kind: Pod',
    '  name: db',
    'kind: Secret',
    '  name: web-env',
    'kind: Service',
    '  name: front',
    'kind: Pod',
    '  name: web',
  ])
  expect(document(yaml, 'Secret', 'db-env')).toBe(
    [
      'apiVersion: v1',
      'kind: Secret',
      'immutable: true',
      'metadata:',
      '  name: db-env',
      '  namespace: moorage-run',
      '  labels:',
      '    app.kubernetes.io/managed-by: moorage',
      '    moorage.run: moorage-run',
      'stringData:',
      '  POSTGRES_PASSWORD: "***"',
      '',
    ].join('\n'),
  )
  expect(document(yaml, 'Pod', 'web')).toContain(
    [
      '      args:',
      '        - sh',
      '        - "-c"',
      '        - "echo \\"$$HOME\\""',
      '      env:',
      '        - name: DATABASE',
      '          valueFrom:',
      '            secretKeyRef:',
      '              name: web-env',
      '              key: DATABASE',
      '        - name: HOST',
      '          value: db:5432',
    ].join('\n'),
  )
  expect(yaml).not.toContain('ownerReferences')
})

test('no secret is printed', async () => {
  const api = container({
    image: 'api:1',
    ports: { http: 8080 },
    env: { API_TOKEN: 'token-1', PLAIN: 'amqp://user:token-2@mq' },
    command: ['run', db.password],
    files: { '/etc/app': join(projectFolder({ key: 'token-3' }), 'key') },
  })
  const mail = container({ image: 'mail:1', ports: { smtp: 25 } })
  const yaml = await render({ db, api, mail }, {}, { MAIL_URL: 'smtp://user:token-4@mail' })
  expect(yaml).not.toMatch(/token-\d|[0-9a-f]{32}/)
  expect(yaml).not.toContain(Buffer.from('token-3').toString('base64'))
  expect(document(yaml, 'Pod', 'api')).toContain('value: "amqp://user:***@mq"')
  expect(document(yaml, 'Pod', 'api')).toContain('- run\n        - "***"\n')
  // The user runs this service.
  expect(document(yaml, 'Pod', 'mail')).toBe('')
})

test('in a namespace that exists, the objects carry the run, and what a start adds is a comment', async () => {
  const yaml = await render(
    { web: container({ image: 'nginx:1.28', ports: { http: 80 }, aliases: ['front'] }) },
    { namespace: 'ci' },
  )
  expect(yaml.match(/^kind: .*|^ {2}name(space)?: .*|^#.*/gm)).toEqual([
    '# services.web: a start adds an EndpointSlice with the address of the pod, for its names front.',
    'kind: Service',
    '  name: moorage-run',
    '  namespace: ci',
    'kind: Pod',
    '  name: moorage-run-web',
    '  namespace: ci',
  ])
  vi.stubEnv('MOORAGE_NAMESPACE', 'team')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await render({ db })).toContain('\n  namespace: team\n')
})

test('an image that is built has the name of its tag', async () => {
  const root = projectFolder({ Dockerfile: 'FROM scratch' })
  const config = defineConfig({
    root,
    services: { api: container({ image: build('.'), ports: { http: 80 } }) },
  }) as unknown as AnyConfig
  const { objects, notes } = await renderRun(config, { provider: 'kubernetes', providers: [kubernetes()], env: {} })
  expect(notes).toEqual(['services.api.image: a start builds the image first.'])
  expect(JSON.stringify(objects)).toMatch(/"image":"localhost\/moorage\/api:moorage-run-[0-9a-f]{12}"/)
})

test('a setting that a start refuses is refused', async () => {
  const limited = container({ image: 'x:1', ports: { http: 80 }, ulimits: { nofile: { soft: 1, hard: 2 } } })
  expect(await thrownMessage(() => render({ limited }))).toMatch(
    /^OPTION_UNSUPPORTED\nservices\.limited\.ulimits is not supported by provider kubernetes: /,
  )
})

test('a provider that prints nothing is an error', async () => {
  const config = defineConfig({ services: { db } }) as unknown as AnyConfig
  expect(await thrownMessage(() => renderRun(config, { provider: 'docker', providers: [docker()], env: {} }))).toBe(
    'OPTION_UNSUPPORTED\nProvider docker cannot print what it would run.',
  )
})
