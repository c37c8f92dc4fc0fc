import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readServices } from '../../packages/compose/src/compose.ts'
import { messageOfCall, projectFolder } from './project-files.ts'

function read(
  text: string,
  files: { readonly [path: string]: string } = {},
): ReturnType<typeof readServices> & {
  readonly folder: string
} {
  const folder = projectFolder({ 'compose.yaml': text, ...files })
  return { ...readServices([join(folder, 'compose.yaml')], { env: { TOKEN: 'from the environment' } }), folder }
}

function shownWarnings(warnings: readonly string[], folder: string): readonly string[] {
  return warnings.map((warning) => warning.replaceAll(`${folder}/`, ''))
}

test('volumes, folders and files of the project, secrets and configs', () => {
  const { services, warnings, folder } = read(
    `services:
  web:
    image: nginx
    volumes: [data:/data, ./site:/site:ro, ./conf:/conf, /cache, ./none:/none]
    tmpfs: [/run, "/tmp:size=1m,mode=700"]
    secrets: [token, { source: key, target: other, mode: 0400 }]
    configs: [{ source: text, target: /etc/text, mode: 0600 }]
volumes: { data: }
secrets: { token: { environment: TOKEN }, key: { file: ./key } }
configs: { text: { content: hello } }
`,
    { 'site/index.html': 'x', 'conf/a': 'x', key: 'k' },
  )
  expect(services[0]?.spec.container).toMatchObject({
    volumes: { '/data': { volume: 'data' }, '/cache': { volume: 'web-4' }, '/none': { volume: 'web-3-empty' } },
    tmpfs: ['/run', { path: '/tmp', sizeBytes: 1_048_576, mode: 0o700 }],
    files: {
      '/site': { $file: `${folder}/site` },
      '/conf': { $file: `${folder}/conf` },
      '/run/secrets/token': { content: 'from the environment' },
      '/run/secrets/other': { $file: `${folder}/key` },
      '/etc/text': { content: 'hello', mode: 0o600 },
    },
  })
  expect(shownWarnings(warnings, folder)).toEqual([
    'compose.yaml:4: services.web.volumes: conf is copied at the start; what the container writes stays in it. Add :ro to omit this warning.',
    'compose.yaml:4: services.web.volumes: none does not exist, so /none is an empty folder, as Compose makes one. Create it, or correct the path.',
    'compose.yaml:6: services.web.secrets: key keeps its own mode in the container. Write chmod 400 key, or give the secret by environment.',
  ])
})

test('each container of a service has its own volumes without a name', () => {
  const { services } = read(`services:
  web: { image: nginx, scale: 2, volumes: [/cache, data:/data] }
volumes: { data: }
`)
  expect(services.map(({ spec }) => spec.container?.volumes)).toEqual([
    { '/cache': { volume: 'web-1' }, '/data': { volume: 'data' } },
    { '/cache': { volume: 'web-2-1' }, '/data': { volume: 'data' } },
  ])
})

test.each([
  [
    'a folder outside of the project',
    'volumes: ["/etc:/etc"]',
    /^compose.yaml:1: services.web.volumes: \/etc is outside of the project\.\nMove it below .*, or use a named volume\.$/,
  ],
  [
    "the engine's socket",
    'volumes: ["/var/run/docker.sock:/x"]',
    /is outside of the project\.\nA socket of this machine is not given to a container: remove the volume\.$/,
  ],
  [
    'a folder that is written back',
    'volumes: ["./site:/site:rw"]',
    /^compose.yaml:1: services.web.volumes: site is mounted for writing, and moorage writes nothing back\.\nRemove :rw, or use a named volume\.$/,
  ],
  [
    'a volume that is not in the file',
    'volumes: ["data:/data"]',
    /^compose.yaml:1: services.web.volumes: there is no volume 'data'\.\nAdd it to volumes, or write \.\/data for a folder\.$/,
  ],
  [
    'a secret that is not in the file',
    'secrets: [token]',
    /^compose.yaml:1: services.web.secrets: there is no secret 'token'\.\nAdd it to secrets, which has none\.$/,
  ],
])('refuses %s', (_, keys, message) => {
  const found = messageOfCall(() => read(`services: { web: { image: nginx, ${keys} } }\n`, { 'site/a': 'x' }))
  expect(found).toMatch(message)
})

test('refuses a secret whose variable is not set', () => {
  const text = 'services: { web: { image: x, secrets: [a] } }\nsecrets: { a: { environment: NOT_SET_ANYWHERE } }\n'
  expect(messageOfCall(() => read(text))).toBe(
    'compose.yaml:2: secrets.a: the variable NOT_SET_ANYWHERE is not set.\nSet the variable.',
  )
})
