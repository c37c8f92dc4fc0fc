import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { images } from '../image-table.ts'
import { bed, docker } from './bed.ts'
import { eventually, exec, exitCodeAfterStop, start } from './container.ts'

before(async () => {
  const { code, err } = await bed('up')
  assert.equal(code, 0, err)
})

after(() => bed('down'))

for (const tag of ['7', '8']) {
  test(`redis:${tag} wants the password that its command sets, and runs as user 999`, async () => {
    const { id } = await start(6379, `redis:${tag}`, 'redis-server', '--save', '', '--requirepass', 'right')
    const ping = (...password: string[]): Promise<string | undefined> => exec(id, 'redis-cli', ...password, 'ping')
    assert.equal(await eventually('the server', () => ping('-a', 'right')), 'PONG')
    assert.match((await ping()) ?? '', /NOAUTH/)
    const facts = (await exec(id, 'redis-cli', '-a', 'right', 'info', 'server')) ?? ''
    assert.match(facts, new RegExp(`redis_version:${tag}\\.`))
    assert.equal(await exec(id, 'stat', '-c', '%u', '/proc/1'), '999')
    assert.equal(await exitCodeAfterStop(id), '0')
  })
}

test('nginx serves files and fills templates, and ends at SIGQUIT', async () => {
  const template =
    'mkdir /etc/nginx/templates && cd /etc/nginx/templates ' +
    '&& echo "server { listen 80; location / { return 200 \\"\\${WORD} \\$uri\\"; } }" > default.conf.template ' +
    '&& exec /docker-entrypoint.sh nginx -g "daemon off;"'
  const filled = await start(80, '-e', 'WORD=hello', '--entrypoint', 'sh', 'nginx:1.28', '-c', template)
  const text = (url: string): Promise<string> => fetch(url).then((answer) => answer.text())
  assert.equal(await eventually('the template', () => text(`http://127.0.0.1:${filled.port}/x`)), 'hello /x')
  const plain = await start(80, 'nginx:1.28')
  assert.match(await eventually('the page', () => text(`http://127.0.0.1:${plain.port}/`)), /Welcome to nginx/)
  assert.match((await exec(plain.id, 'sh', '-c', 'id nginx')) ?? '', /^uid=101\(nginx\) gid=101\(nginx\)/)
  assert.equal(await exitCodeAfterStop(plain.id), '0')
})

test('node runs scripts, npm and commands', async () => {
  assert.equal((await docker('run', '--rm', 'node:24', '-p', 'process.versions.node.split(".")[0]')).out, '24\n')
  assert.match((await docker('run', '--rm', '-u', 'node', 'node:24', 'npm', '--version')).out, /^\d+\.\d+\.\d+\n$/)
})

test('playwright has a browser where each version of Playwright looks for its own, and Node', async () => {
  const { tags = [] } = images.find(({ name }) => name === 'playwright') ?? {}
  assert.ok(tags.length > 0)
  for (const tag of tags) {
    const script = 'node --version; for each in /ms-playwright/*/*/*; do "$each" --version; done'
    const { out, err } = await docker(
      'run',
      '--rm',
      '-u',
      '1001',
      `mcr.microsoft.com/playwright:${tag}`,
      'sh',
      '-c',
      script,
    )
    assert.match(out, /^v24\.\d+\.\d+\n(Chromium \d+[^\n]*\n){12}$/, err)
  }
})

test('ryuk acknowledges filters, and removes what matches when its last client is gone, itself last', async () => {
  const mine = ['--label', 'reaped=true', '--label', 'of=ryuk']
  const volumes = (await docker('volume', 'ls', '-q')).out
  const kept = (await docker('network', 'create', '--label', 'reaped=true', 'kept')).out.trim()
  await docker('network', 'create', ...mine, 'reaped')
  await docker('run', '-d', ...mine, '--network', 'reaped', 'redis:7')
  const socket = 'type=bind,source=/run/moorage-testbed/docker.sock,target=/var/run/docker.sock'
  const { id, port } = await start(
    8080,
    '--rm',
    '-e',
    'RYUK_RECONNECTION_TIMEOUT=1s',
    '--mount',
    socket,
    'testcontainers/ryuk:0.14.0',
  )
  const acknowledged = await eventually('its word', async () => {
    const client = connect(port, '127.0.0.1')
    client.write(`label=${encodeURIComponent('reaped=true')}&label=of%3Dryuk\r\n`)
    const [word] = await once(client, 'data')
    client.destroy()
    return String(word)
  })
  assert.equal(acknowledged, 'ACK\n')
  await eventually('its end', async () => (await docker('inspect', id)).code || undefined)
  assert.equal((await docker('ps', '-aq', '--filter', 'label=reaped=true')).out, '')
  assert.equal((await docker('network', 'ls', '-q', '--no-trunc', '--filter', 'label=reaped=true')).out.trim(), kept)
  assert.equal((await docker('volume', 'ls', '-q')).out, volumes)
  await docker('network', 'rm', 'kept')
})

const mirrored = images.filter(({ registry }) => registry === undefined)
for (const image of mirrored.flatMap(({ name, tags }) => tags.map((tag) => `${name}:${tag}`))) {
  test(`${image} comes through the mirror by its name, and runs a bare command as given`, async () => {
    assert.equal((await docker('rmi', '-f', image)).code, 0)
    const { out, err } = await docker('run', '--rm', image, 'sh', '-c', 'sleep 0.1; echo given')
    assert.equal(out, 'given\n', err)
  })
}
