import { expect, test } from 'vitest'
import { showFinding } from '../../packages/compose/src/keys/findings.ts'
import { selectServices } from '../../packages/compose/src/load/select-services.ts'
import { messageOfCall, project } from './project-files.ts'

test('merges the override by the rules of the specification', () => {
  const { plain } = project({
    'compose.yaml': `services:
  web:
    image: nginx
    command: [a, b]
    environment: { A: "1", B: "2" }
    ports: ["80:80", "81"]
    volumes: [data:/data, ./a:/a]
    dns: 1.1.1.1
    labels: [x=1]
    healthcheck: { test: [CMD, "true"], interval: 1s }
    depends_on: [db]
    tmpfs: /run
    profiles: [x]
  db: { image: postgres }
volumes: { data: }
`,
    'docker-compose.override.yml': `services:
  web:
    command: [c]
    environment: [B=3, C=4]
    ports: ["80:80", "82"]
    volumes: [other:/data]
    dns: [8.8.8.8]
    labels: { x: 2 }
    healthcheck: { test: ["NONE"] }
    depends_on: { db: { condition: service_healthy } }
    tmpfs: !override [/tmp]
    profiles: !reset []
volumes: { other: }
`,
  })
  const services = plain['services'] as { web: Record<string, unknown> }
  expect(services.web).toMatchObject({
    image: 'nginx',
    command: ['c'],
    environment: { A: '1', B: '3', C: '4' },
    dns: ['1.1.1.1', '8.8.8.8'],
    labels: { x: 2 },
    healthcheck: { test: ['NONE'], interval: '1s' },
    depends_on: { db: { condition: 'service_healthy', required: true } },
    tmpfs: ['/tmp'],
  })
  expect(services.web).not.toHaveProperty('profiles')
  expect(services.web['ports']).toEqual([
    { target: 80, published: '80', protocol: 'tcp' },
    { target: 81, protocol: 'tcp' },
    { target: 82, protocol: 'tcp' },
  ])
  expect((services.web['volumes'] as { source: string }[]).map(({ source }) => source)).toEqual([
    'other',
    expect.stringMatching(/^\/.*\/a$/),
  ])
})

test('reads .env, includes and extended services, each with its own folder', () => {
  const { plain, folder, name } = project({
    '.env': 'TAG=17\n',
    'compose.yaml': `name: Shop_${'${TAG}'}
include: [sub/compose.yaml]
services:
  web:
    extends: { file: base/common.yaml, service: base }
    environment: { NAME: "${'${COMPOSE_PROJECT_NAME}'}" }
`,
    'base/common.yaml': `services:
  base: { extends: root, environment: { A: 1 }, env_file: x.env }
  root: { image: "nginx:${'${TAG}'}", command: run }
`,
    'sub/compose.yaml': 'services: { db: { image: "postgres:${TAG:-1}-${SUB}", build: . } }\n',
    'sub/.env': 'SUB=sub\nTAG=ignored\n',
  })
  expect(name).toBe('shop_17')
  expect(plain['services']).toEqual({
    db: { image: 'postgres:17-sub', build: { context: `${folder}/sub` } },
    web: {
      image: 'nginx:17',
      command: 'run',
      environment: { A: 1, NAME: 'shop_17' },
      env_file: [{ path: `${folder}/base/x.env` }],
    },
  })
})

test('COMPOSE_FILE names the files, and the environment wins over .env', () => {
  const files = {
    '.env': 'COMPOSE_FILE=a.yaml:b.yaml\nX=file\n',
    'a.yaml': 'services: { a: { image: "a:$X" } }\n',
    'b.yaml': 'services: { b: { image: b } }\n',
  }
  expect(project(files, { X: 'own' }).plain['services']).toEqual({ a: { image: 'a:own' }, b: { image: 'b' } })
})

test('reports every key that it does not honour', () => {
  const { findings } = project({
    'compose.yaml': `services:
  web:
    image: nginx
    imge: x
    uts: host
    privileged: false
    develop: { watch: [] }
    ports: { a: 1 }
    x-own: anything
    networks: { default: { ipv4_address: 10.0.0.1 } }
    volumes: [{ type: volume, target: /a, volume: { subpth: x } }]
`,
  })
  const shown = findings.all.map(
    (finding) => `${finding.severity} ${showFinding(finding).replace(/^.*compose.yaml/, '')}`,
  )
  expect(shown).toEqual([
    'refused :4: services.web.imge: the Compose Specification has no such key. Did you mean image?',
    'refused :5: services.web.uts: moorage sets no UTS namespace. Remove the key.',
    'warned :7: services.web.develop: docker compose watch uses it, and tests do not. Remove the key.',
    'refused :10: services.web.networks.default.ipv4_address: the engine chooses the addresses of a container. Remove the key, and reach the service by its name.',
    'refused :11: services.web.volumes.volume.subpth: the Compose Specification has no such key. Did you mean subpath?',
    'refused :8: services.web.ports: its value is not a list. See the Compose Specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md',
  ])
})

test.each([
  ['invalid YAML', 'services:\n  web: [\n', /^compose.yaml:\d: .*\nCorrect the YAML at that line\.$/],
  [
    'a variable that must be set',
    'services: { web: { image: "${TAG:?choose a tag}" } }\n',
    'compose.yaml:1: the variable TAG has no value: choose a tag.\nSet TAG in the environment, in .env beside the file, or in compose(…, { env }).',
  ],
  [
    'services that extend each other',
    'services:\n  a: { extends: b }\n  b: { extends: a }\n',
    'compose.yaml:2: services.a.extends: a → b → a: these services extend each other in a cycle.\nRemove one extends.',
  ],
  [
    'a service to extend that does not exist',
    'services:\n  db: { image: x }\n  a: { extends: bd }\n',
    "compose.yaml:3: services.a.extends: compose.yaml has no service 'bd'.\nDid you mean db?",
  ],
  [
    'a file to include that does not exist',
    'include: [none.yaml]\n',
    'compose.yaml:1: none.yaml does not exist.\nCreate it, or correct the path.',
  ],
  [
    'files that include each other',
    'include: [compose.yaml]\nservices: {}\n',
    'compose.yaml:1: include: compose.yaml → compose.yaml: these files include each other in a cycle.\nRemove one include.',
  ],
  [
    'a port that is none',
    'services: { web: { image: x, ports: ["a:80"] } }\n',
    "compose.yaml:1: 'a:80' is no port.\nWrite '80', '8080:80' or '127.0.0.1:8080:80/tcp'.",
  ],
])('refuses %s', (_, text, message) => {
  const found = messageOfCall(() => project({ 'compose.yaml': text }))
  if (typeof message === 'string') expect(found).toBe(message)
  else expect(found).toMatch(message)
})

const SELECTED = `services:
  web:
    image: x
    depends_on:
      db: { condition: service_healthy }
      debug: { condition: service_started, required: false }
  db: { image: x }
  debug: { image: x, profiles: [debug] }
  tool: { image: x, depends_on: [debug], profiles: [tools] }
`

test('selects services by profile and by name', () => {
  const read = project({ 'compose.yaml': SELECTED })
  const select = (profiles: string[], services?: string[]): readonly string[] =>
    selectServices(read, {
      profiles: profiles.map((name) => ({ name, by: 'compose({ profiles })' })),
      ...(services ? { services } : {}),
    })
  expect(select([])).toEqual(['web', 'db'])
  expect(select(['debug'])).toEqual(['web', 'db', 'debug'])
  expect(select([], ['db'])).toEqual(['db'])
  expect(select(['*'])).toEqual(['web', 'db', 'debug', 'tool'])
  expect(messageOfCall(() => select(['debgu']))).toBe(
    "compose({ profiles }): no service has the profile 'debgu'.\nDid you mean debug?",
  )
  expect(messageOfCall(() => select([], ['wbe']))).toBe(
    "compose({ services }): there is no service 'wbe'.\nDid you mean web?",
  )
  expect(messageOfCall(() => select(['tools']))).toBe(
    "compose.yaml:9: services.tool.depends_on: services.debug runs only with the profile debug.\nAdd the profile: compose(…, { profiles: ['debug'] }) or COMPOSE_PROFILES, or write required: false.",
  )
})

test.each([
  [
    'services:\n  a:\n    image: x\n    depends_on: [b]\n  b:\n    image: x\n    depends_on: [a]\n',
    'compose.yaml:4: depends_on: a → b → a: these services depend on each other in a cycle.\nRemove one entry of depends_on.',
  ],
  [
    'services: { a: { image: x, depends_on: [bb] }, bbb: { image: x } }\n',
    "compose.yaml:1: services.a.depends_on: there is no service 'bb'.\nDid you mean bbb?",
  ],
  ['services: {}\n', 'compose.yaml:1: the file has no services.\nAdd the key services with at least one service.'],
])('refuses to select from %j', (text, message) => {
  expect(messageOfCall(() => selectServices(project({ 'compose.yaml': text }), { profiles: [] }))).toBe(message)
})
