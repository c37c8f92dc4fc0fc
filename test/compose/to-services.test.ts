import { join } from 'node:path'
import type { ServiceSpec } from '@moorage/core'
import { expect, test } from 'vitest'
import { readServices } from '../../packages/compose/src/compose.ts'
import { messageOfCall, projectFolder } from './project-files.ts'

function specs(text: string, files: { readonly [path: string]: string } = {}): { readonly [key: string]: ServiceSpec } {
  const folder = projectFolder({ 'compose.yaml': text, ...files })
  const { services } = readServices([join(folder, 'compose.yaml')])
  return Object.fromEntries(services.map(({ key, spec }) => [key, spec]))
}

test('conditions, links, names, scale and networks', () => {
  const found = specs(`services:
  web:
    image: nginx
    links: ["db_main:database"]
    depends_on:
      db_main: { condition: service_healthy }
      setup: { condition: service_completed_successfully }
    networks: [front, back]
    scale: 2
  db_main: { image: postgres:17, container_name: pg, networks: { back: { aliases: [sql] } } }
  setup: { image: busybox, command: "sh -c 'exit 0'", networks: [back] }
networks: { front: , back: }
`)
  expect(Object.keys(found)).toEqual(['web', 'web-2', 'db-main', 'setup'])
  expect(found['web']).toMatchObject({
    needs: { 'db-main': 'ready', setup: 'completed' },
    container: { networks: { front: { aliases: ['web'] }, back: { aliases: ['web'] } } },
  })
  expect(new Set(found['db-main']?.container?.networks?.['back']?.aliases)).toEqual(
    new Set(['pg', 'db_main', 'database', 'sql']),
  )
  expect(found['setup']?.container).toMatchObject({ command: ['sh', '-c', 'exit 0'] })
})

test('settings of a container', () => {
  const [spec] = Object.values(
    specs(`services:
  web:
    image: own/app:1
    entrypoint: ["/bin/run"]
    user: "1000:1000"
    mem_limit: 1.5g
    shm_size: 64mb
    deploy: { resources: { limits: { cpus: "0.5", pids: 10 }, reservations: { memory: 1k } } }
    cap_add: [NET_ADMIN]
    ulimits: { nofile: 10, nproc: { soft: 1, hard: 2 } }
    sysctls: [net.core.somaxconn=1]
    extra_hosts: ["a:1.2.3.4"]
    dns: 1.1.1.1
    read_only: true
    init: true
    stop_signal: SIGINT
    stop_grace_period: 1m30s
    restart: always
    healthcheck: { test: curl localhost, interval: 1m30s, timeout: 500ms, retries: 2, start_period: 1s }
    ports: ["8080:80", "53:53/udp", { name: admin, target: 81, app_protocol: https }]
    expose: ["90"]
`),
  )
  expect(spec).toMatchObject({
    ports: { main: 80, admin: 81, 'port-90': 90 },
    container: {
      entrypoint: ['/bin/run'],
      user: '1000:1000',
      resources: { memoryBytes: 1_610_612_736, cpus: 0.5, pids: 10, reservedMemoryBytes: 1024 },
      shmSizeBytes: 67_108_864,
      capabilities: { add: ['NET_ADMIN'] },
      ulimits: { nofile: { soft: 10, hard: 10 }, nproc: { soft: 1, hard: 2 } },
      sysctls: { 'net.core.somaxconn': '1' },
      extraHosts: { a: '1.2.3.4' },
      dns: { servers: ['1.1.1.1'] },
      readOnlyRoot: true,
      init: true,
      stopSignal: 'SIGINT',
      stopGrace: 90,
      restart: 'always',
      healthCheck: { test: 'curl localhost', intervalMs: 90_000, timeoutMs: 500, retries: 2, startPeriodMs: 1_000 },
      udpPorts: { 'port-53': 53 },
    },
  })
  expect(spec?.container).not.toHaveProperty('hostPorts')
})

test.each([
  [
    'postgis/postgis:17-3.5',
    'POSTGRES_USER: me, POSTGRES_PASSWORD: "p w", POSTGRES_DB: shop',
    'postgresql://me:p%20w@',
  ],
  ['docker.io/library/mongo:8', 'MONGO_INITDB_ROOT_USERNAME: me, MONGO_INITDB_ROOT_PASSWORD: pw', 'mongodb://me:pw@'],
  ['redis:7', '', 'redis://'],
  ['mysql:8', 'MYSQL_ROOT_PASSWORD: pw, MYSQL_DATABASE: shop', 'mysql://root:pw@'],
  ['rabbitmq:4', '', 'amqp://guest:guest@'],
  ['nginx@sha256:0123', '', 'http://'],
])('the URL of %s', (image, environment, start) => {
  const [spec] = Object.values(specs(`services: { a: { image: "${image}", environment: { ${environment} } } }\n`))
  const url = spec?.container?.connection['url'] as { readonly $join: readonly unknown[] }
  expect(url.$join.filter((part) => typeof part === 'string').join('')).toMatch(new RegExp(`^${start}`))
})

test('the password of a database may stand in a secret', () => {
  const { db } = specs(
    `services:
  db: { image: postgres, environment: { POSTGRES_PASSWORD_FILE: /run/secrets/pw }, secrets: [pw] }
secrets: { pw: { file: pw.txt } }
`,
    { 'pw.txt': 'from-a-file\n' },
  )
  expect(db?.container?.connection['password']).toBe('from-a-file')
})

test('each container knows which one of docker compose it stands for, unless that is not wanted', () => {
  const text = `name: shop
services:
  web: { image: nginx, scale: 2 }
  own_app: { build: . }
`
  const member = { project: 'shop', service: 'web', image: 'nginx' }
  const found = specs(text)
  expect(found).toMatchObject({
    web: { container: { composeMember: { ...member, number: 1 } } },
    'web-2': { container: { composeMember: { ...member, number: 2 } } },
    'own-app': { container: { composeMember: { project: 'shop', service: 'own_app', number: 1 } } },
  })
  expect(found['own-app']?.container?.composeMember).not.toHaveProperty('image')
  const without = specs(`x-moorage: { attach: false }\n${text}`)
  for (const { container } of Object.values(without)) expect(container).not.toHaveProperty('composeMember')
})

test('x-moorage says what the file cannot', () => {
  const found = specs(`x-moorage: { hostPorts: true }
services:
  web:
    image: own/app
    ports: ["8080:80"]
    x-moorage: { as: APP, protocol: https, ready: [{ kind: http, path: /up }], variables: { A: b } }
  left: { image: x, x-moorage: { ignore: true } }
`)
  expect(found).toMatchObject({
    web: {
      as: 'APP',
      variables: { A: 'b' },
      container: { hostPorts: { main: 8080 }, ready: [{ kind: 'http', path: '/up' }] },
    },
  })
  expect(found).not.toHaveProperty('left')
})

test('x-moorage gives a service of any image the preset and the URL', () => {
  const found = specs(`services:
  db: { image: own/db, environment: { POSTGRES_PASSWORD: pw }, x-moorage: { preset: postgres } }
  built: { build: ., x-moorage: { preset: redis } }
  queue: { image: own/queue, ports: ["1:1883"], x-moorage: { url: "mqtt://me@{host}:{port}/a" } }
`)
  const urlOf = (name: string): unknown => found[name]?.container?.connection['url']
  const address = [{ $self: ['host'] }, ':', { $self: ['port'] }]
  expect(urlOf('db')).toEqual({ $join: ['postgresql://', 'postgres:pw@', ...address, '/postgres'] })
  expect(found['db']?.ports).toEqual({ main: 5432 })
  expect(urlOf('built')).toEqual({ $join: ['redis://', '', ...address, '/0'] })
  expect(urlOf('queue')).toEqual({ $join: ['mqtt://me@', ...address, '/a'] })
})

test.each([
  [
    'a preset that does not exist',
    'services: { a: { image: x, x-moorage: { preset: postgre } } }\n',
    "compose.yaml:1: services.a.x-moorage.preset: there is no preset 'postgre'.\nDid you mean postgres?",
  ],
  [
    'a URL with another placeholder',
    'services: { a: { image: x, x-moorage: { url: "http://{hots}" } } }\n',
    'compose.yaml:1: services.a.x-moorage.url: there is no placeholder {hots}.\nWrite {host} or {port}.',
  ],
  [
    'a URL without a scheme',
    'services: { a: { image: x, x-moorage: { url: "{host}:1" } } }\n',
    "compose.yaml:1: services.a.x-moorage.url: '{host}:1' has no scheme.\nWrite it as in 'postgresql://me@{host}:{port}/shop'.",
  ],
  [
    'two services with one port of this machine',
    'x-moorage: { hostPorts: true }\nservices: { a: { image: x, ports: ["80:80"] }, b: { image: x, ports: ["80:81"] } }\n',
    'compose.yaml:2: services.b.ports: services.a has the port 80 of this machine already.\nChoose another port.',
  ],
  [
    'two containers of a service with one port of this machine',
    'x-moorage: { hostPorts: true }\nservices: { a: { image: x, scale: 2, ports: ["80:80"] } }\n',
    'compose.yaml:2: services.a.ports: services.a has the port 80 of this machine already.\nChoose another port.',
  ],
  [
    'a misspelt key of x-moorage',
    'services: { a: { image: x, x-moorage: { raedy: [] } } }\n',
    'compose.yaml:1: services.a.x-moorage.raedy: there is no such key.\nDid you mean ready?',
  ],
  [
    'a service without an image',
    'services: { a: { command: x } }\n',
    'compose.yaml:1: services.a: it has neither an image nor a build.\nAdd image, or build: . for a Dockerfile beside the file.',
  ],
  [
    'a file of variables that does not exist',
    'services: { a: { image: x, env_file: none.env } }\n',
    'compose.yaml:1: services.a.env_file: none.env does not exist.\nCreate the file, correct its path, or write required: false.',
  ],
  [
    'a condition that is none',
    'services: { a: { image: x, depends_on: { b: { condition: healthy } } }, b: { image: x } }\n',
    'compose.yaml:1: services.a.depends_on.b.condition: its value is none of "service_started", "service_healthy", "service_completed_successfully".\nSee the Compose Specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md',
  ],
])('refuses %s', (_, text, message) => {
  const found = messageOfCall(() => specs(text))
  if (typeof message === 'string') expect(found).toBe(message)
  else expect(found).toMatch(message)
})

test('a variable of the project wins over that of an earlier file, as for docker compose', () => {
  const { app } = specs('services: { app: { image: a, env_file: [one.env, two.env] } }\n', {
    '.env': 'A=project\n',
    'one.env': 'A=one\nB=one\n',
    'two.env': 'SUM=$A-$B-$C\nA\nB\n',
  })
  expect(app?.container?.env).toEqual({ A: 'project', B: 'one', SUM: 'project-one-' })
})

test('labels of a file, which those of the service win over', () => {
  const { app } = specs('services: { app: { image: a, label_file: [own.labels], labels: { team: b } } }\n', {
    'own.labels': 'team=a\nfrom.file=1\n',
  })
  expect(app?.container?.labels).toEqual({ team: 'b', 'from.file': '1' })
})
