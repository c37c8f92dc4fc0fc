import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sh } from '../shell.ts'
import { bed, bedProcess, docker, kubectl } from './bed.ts'
import { inventory, processes } from './inventory.ts'

/** What tests leave running: a network, a volume and two containers with published ports. */
async function occupy(): Promise<void> {
  assert.equal((await docker('network', 'create', 'of-a-test')).code, 0)
  for (const network of ['of-a-test', 'bridge']) {
    const args = ['run', '-d', '--network', network, '-p', '127.0.0.1:0:6379', '-v', `data-${network}:/data`, 'redis:7']
    assert.equal((await docker(...args)).code, 0)
  }
}

/** A pod with a published port and a service: networks, rules and mounts of their own. */
async function occupyCluster(): Promise<void> {
  const name = `of-a-test-${process.hrtime.bigint()}`
  const run = ['run', name, '-n', 'ci', '--image=redis:7', '--port=6379', '--expose', '--restart=Never']
  assert.equal((await kubectl(...run)).code, 0)
  const { code, err } = await kubectl('wait', '-n', 'ci', '--for=condition=Ready', `pod/${name}`)
  assert.equal(code, 0, err)
}

/** Programs of the bed and servers in its containers. */
async function lasting(): Promise<number[]> {
  const names = /registry\S* serve|^containerd |^dockerd |redis-server|\/kubernetes-\S+ |\/coredns-|\/buildkitd-/
  return (await processes()).filter(({ line }) => names.test(line)).map(({ pid }) => pid)
}

async function killAll(): Promise<void> {
  for (const { pid } of await processes()) process.kill(pid, 'SIGKILL')
  while ((await processes()).length > 0) await sleep(20)
}

async function up(): Promise<void> {
  const { code, err } = await bed('up')
  assert.equal(code, 0, err)
}

// A chain that carries an engine's name but is the machine's own: it stays.
await sh(['iptables', '-N', 'DOCKER-USER'])
await sh(['iptables', '-A', 'FORWARD', '-j', 'DOCKER-USER'])
const before = await inventory()

test('up brings a bed from the cache and prints its variables', async () => {
  const { code, out, err } = await bed('up')
  assert.equal(code, 0, err)
  assert.match(out, /^export DOCKER_HOST=unix:\/\/\/run\/moorage-testbed\/docker\.sock$/m)
  assert.equal((await bed('status')).code, 0)
})

test('a second up changes nothing', async () => {
  await occupy()
  await occupyCluster()
  const running = await lasting()
  const { code, seconds } = await bed('up')
  assert.equal(code, 0)
  assert.ok(seconds < 5, `${seconds} s`)
  assert.deepEqual(await lasting(), running)
  assert.equal(running.length, 15)
})

test('up heals a bed whose processes were killed, within 20 s, and it starts empty', async () => {
  await killAll()
  assert.equal((await bed('status')).code, 1)
  const { code, seconds, err } = await bed('up')
  assert.equal(code, 0, err)
  assert.ok(seconds < 20, `${seconds} s`)
  assert.equal((await docker('ps', '-aq')).out, '')
  assert.equal((await docker('volume', 'ls', '-q')).out, '')
  assert.equal((await docker('network', 'ls', '-q', '--filter', 'type=custom')).out, '')
  assert.equal((await kubectl('get', 'pods', '-A', '-o', 'name')).out, '')
  await occupy()
  await occupyCluster()
})

for (const name of ['registry', 'docker-containerd.toml', 'dockerd']) {
  test(`up heals a bed whose ${name} alone was killed`, async () => {
    const victim = (await processes()).find(({ line }) => line.includes(name))
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    while ((await processes()).some(({ pid }) => pid === victim?.pid)) await sleep(20)
    await up()
    await occupy()
  })
}

for (const name of ['kubernetes/containerd.toml', ' etcd --', ' kube-apiserver --', ' kubelet --']) {
  test(`up heals a cluster whose program "${name}" was killed, and leaves the engine alone`, async () => {
    const before = await processes()
    const engine = before.find(({ line }) => line.startsWith('dockerd '))
    const victim = before.find(({ line }) => line.includes(name))
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    while ((await processes()).some(({ pid }) => pid === victim?.pid)) await sleep(20)
    await up()
    assert.ok((await processes()).some(({ pid }) => pid === engine?.pid))
    await occupyCluster()
  })
}

test('up heals a bed whose engine hangs', async () => {
  const engine = (await processes()).find(({ line }) => line.startsWith('dockerd '))
  process.kill(engine?.pid ?? 0, 'SIGSTOP')
  await up()
  assert.ok(!(await processes()).some(({ pid }) => pid === engine?.pid))
  await occupy()
})

test('down leaves nothing of a bed in use', async () => {
  assert.equal((await bed('down')).code, 0)
  assert.deepEqual(await inventory(), before)
})

test('down leaves nothing of a bed that was killed', async () => {
  await up()
  await occupy()
  await occupyCluster()
  await killAll()
  assert.equal((await bed('down')).code, 0)
  assert.deepEqual(await inventory(), before)
})

test('down twice is as good as once', async () => {
  assert.equal((await bed('down')).code, 0)
  assert.deepEqual(await inventory(), before)
})

test('two at once make one bed', async () => {
  const both = await Promise.all([bed('up'), bed('up')])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  assert.equal((await processes()).filter(({ line }) => line.startsWith('dockerd ')).length, 1)
  assert.equal((await bed('down')).code, 0)
})

for (const delay of [50, 200, 400, 800]) {
  test(`an up that is terminated after ${delay} ms is healed by the next`, async () => {
    const child = bedProcess('up')
    const ended = once(child, 'exit')
    await sleep(delay)
    child.kill('SIGTERM')
    await ended
    await up()
    assert.equal((await bed('down')).code, 0)
    assert.deepEqual(await inventory(), before)
  })
}

test('refuses in one sentence and touches nothing: no root', async () => {
  const { code, err } = await bed('up', { prefix: ['setpriv', '--reuid', '65534', '--clear-groups'] })
  assert.equal(code, 2)
  assert.equal(err, 'testbed: The test bed needs root, for bridges and mounts; run it as root.\n')
  assert.deepEqual(await inventory(), before)
})

test('refuses in one sentence and touches nothing: no apt', async () => {
  const hide =
    'mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mknod /mnt/u/apt-get c 0 0 ' +
    '&& mount -t overlay -o lowerdir=/usr/bin,upperdir=/mnt/u,workdir=/mnt/w o /usr/bin && exec "$@"'
  const prefix = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh']
  const { code, err } = await bed('up', { prefix })
  assert.equal(err, 'testbed: The test bed needs apt (a Debian system); there is no apt-get.\n')
  assert.equal(code, 2)
})

test('refuses in one sentence and touches nothing: little disk', async () => {
  await sh(['sh', '-c', 'mkdir /run/small && mount -t tmpfs -o size=50m small /run/small'])
  const { code, err } = await bed('up', { env: { MOORAGE_CACHE_DIR: '/run/small' } })
  assert.equal(code, 2)
  const sentence = /^testbed: The test bed needs \d+ GB of free disk for \/run\/small\/testbed, and 0\.1 GB are free; /
  assert.match(err, sentence)
  assert.equal(err.split('\n').length, 2)
  await sh(['sh', '-c', 'umount /run/small && rmdir /run/small'])
  assert.deepEqual(await inventory(), before)
})
