import { expect, test } from 'vitest'
import { waitForDeletions } from '../harness/cluster.ts'
import { environmentOf, missing, type ProviderName } from '../harness/engine.ts'
import { moorage, openStage } from '../harness/fixture.ts'
import { missingNerdctl, nerdctlEnvironment, nerdctlObjects, program } from '../harness/nerdctl.ts'
import { openProject, type Project } from './project.ts'

const COMPOSE = `
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: \${DB_PASSWORD:-s3cret}
      POSTGRES_DB: shop
    volumes: ['data:/var/lib/postgresql/data']
    healthcheck:
      test: pg_isready -U shop
      interval: 1s
  migrate:
    image: busybox:1.37
    command: sh -c 'nc -w 2 db 5432 </dev/null && echo migrated'
    depends_on:
      db: { condition: service_healthy }
  clock:
    image: node:24
    command:
      - node
      - -e
      - |
        const socket = require('node:dgram').createSocket('udp4')
        socket.on('message', (_, { port, address }) => socket.send(new Date().toISOString(), port, address)).bind(5300)
    expose: ['5300/udp']
  ask:
    image: node:24
    command:
      - node
      - -e
      - |
        const socket = require('node:dgram').createSocket('udp4')
        socket.on('message', () => process.exit(0))
        setInterval(() => socket.send('?', 5300, 'clock', () => {}), 100)
        setTimeout(() => process.exit(1), 20_000)
    depends_on:
      clock: { condition: service_started }
  web:
    image: nginx:1.28
    ports: ['8080:80']
    volumes: ['./html:/usr/share/nginx/html:ro']
    depends_on:
      migrate: { condition: service_completed_successfully }
      # Ends with success once a datagram has come back.
      ask: { condition: service_completed_successfully }
volumes:
  data:
`

function project(): Project {
  return openProject({ 'docker-compose.yml': COMPOSE, 'html/index.html': 'from compose' })
}

const ask =
  'fetch(process.env.WEB_URL).then((answer) => answer.text()).then((text) => console.log(text, process.env.DB_URL))'

test.for<ProviderName>(['docker', 'kubernetes'])(
  'a folder with a compose file and no config, on %s: the file stays as it is',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    if (provider === 'kubernetes') await waitForDeletions()
    using folder = project()
    await using stage = await openStage(folder.folder, provider)
    const child = await stage.start(moorage(folder.folder, 'exec', '--', process.execPath, '-e', ask), {
      ...environmentOf(provider),
    })
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/from compose\s+postgresql:\/\/shop:s3cret@127\.0\.0\.1:\d+\/shop/)
    // In the order of its conditions.
    expect(child.output()).toMatch(/✓ db[^]*✓ migrate[^]*✓ web/)
    // UDP between services.
    expect(child.output()).toMatch(/✓ clock[^]*✓ ask[^]*✓ web/)
    await stage.clean(5_000)
  },
)

test('the same on containerd', async ({ skip }) => {
  const reason = missingNerdctl()
  if (reason) skip(reason)
  if (!missing('kubernetes')) await waitForDeletions()
  using folder = openProject({
    'docker-compose.yml': COMPOSE,
    'html/index.html': 'from compose',
    'moorage.config.ts': `import { defineConfig } from 'moorage'
import { compose } from 'moorage/compose'
export default defineConfig({ services: compose('docker-compose.yml'), nerdctl: { program: ${JSON.stringify(program)} } })`,
  })
  const before = nerdctlObjects()
  await using stage = await openStage(folder.folder, 'docker')
  const child = await stage.start(moorage(folder.folder, 'exec', '--', process.execPath, '-e', ask), nerdctlEnvironment)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(/from compose\s+postgresql:\/\/shop:s3cret@10\.4\.\d+\.\d+:5432\/shop/)
  await stage.clean(5_000)
  expect(nerdctlObjects()).toEqual(before)
})

test('what a compose file cannot have is refused with its line, before anything starts', async () => {
  using folder = openProject({
    'compose.yaml': 'services:\n  db:\n    image: postgres:17\n    helthcheck: {}\n    runtime: gvisor\n',
  })
  await using stage = await openStage(folder.folder, missing('docker') ? 'process' : 'docker')
  const child = await stage.start(moorage(folder.folder, 'exec', '--', 'true'))
  expect((await child.ended).code).toBe(2)
  expect(child.output()).toContain(
    'The compose file has 2 problems:\n' +
      '  compose.yaml:4: services.db.helthcheck: the Compose Specification has no such key. Did you mean healthcheck?\n' +
      '  compose.yaml:5: services.db.runtime: moorage uses the runtime of the engine. Remove the key.',
  )
  await stage.clean(2_000)
})
