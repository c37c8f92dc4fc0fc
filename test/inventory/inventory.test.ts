import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { dockerKinds } from './docker.ts'
import { expectUnchanged, LeakError, takeInventory } from './inventory.ts'
import type { Kind } from './kind.ts'
import { kubernetesKinds, liveKubernetesKinds } from './kubernetes.ts'
import { machineKinds } from './machine.ts'
import { openWorld } from './world.ts'

const name = `leak-${process.pid}`

/** The leaks that the inventory tells of, of the names that this test made; others may work on this machine. */
async function leaksOf(kinds: readonly Kind[], leak: () => Promise<() => Promise<void> | void>): Promise<string> {
  const before = await takeInventory(kinds)
  const undo = await leak()
  try {
    await expectUnchanged(before, { kinds, within: 0 })
    return 'nothing'
  } catch (error) {
    expect(error).toBeInstanceOf(LeakError)
    return (error as Error).message
  } finally {
    await undo()
  }
}

test('a TCP port, a UDP port and an abstract socket are noticed', async () => {
  const listen = async (where: object): Promise<ReturnType<typeof createServer>> => {
    const server = createServer().listen(where)
    await new Promise((done) => server.once('listening', done))
    return server
  }
  let port = 0
  const seen = await leaksOf(machineKinds(), async () => {
    const tcp = await listen({ port: 0, host: '127.0.0.1' })
    port = (tcp.address() as { port: number }).port
    const abstract = await listen({ path: `\0${name}` })
    const udp = createSocket('udp4')
    await new Promise<void>((done) => udp.bind(port, '127.0.0.1', done))
    return () => {
      tcp.close()
      abstract.close()
      udp.close()
    }
  })
  expect(seen).toContain(`left behind: listening port: tcp 0100007F:${port}`)
  expect(seen).toContain(`left behind: listening port: udp 0100007F:${port}`)
  expect(seen).toContain(`left behind: listening unix socket: @${name}`)
})

test('a folder in /tmp, a file in /dev/shm and a System V segment are noticed', async () => {
  let segment = ''
  const seen = await leaksOf(machineKinds(), async () => {
    mkdirSync(`/tmp/${name}`)
    closeSync(openSync(`/dev/shm/${name}`, 'w'))
    segment = /\d+/.exec(spawnSync('ipcmk', ['-M', '64'], { encoding: 'utf8' }).stdout)?.[0] ?? 'none'
    return () => {
      rmSync(`/tmp/${name}`, { recursive: true })
      rmSync(`/dev/shm/${name}`)
      spawnSync('ipcrm', ['-m', segment])
    }
  })
  expect(seen).toContain(`left behind: file: /tmp/${name}`)
  expect(seen).toContain(`left behind: file: /dev/shm/${name}`)
  expect(seen).toMatch(new RegExp(`left behind: shared memory: shm \\S+ id ${segment}`))
})

test('a mount is noticed', async (context) => {
  if (process.getuid?.() !== 0) context.skip('mounting needs root')
  const path = `/tmp/${name}-mount`
  const seen = await leaksOf(machineKinds(), async () => {
    mkdirSync(path)
    spawnSync('mount', ['-t', 'tmpfs', 'none', path])
    return () => {
      spawnSync('umount', [path])
      rmSync(path, { recursive: true })
    }
  })
  expect(seen).toContain(`left behind: mount: / at ${path}`)
})

test('a process that has forked twice and left its session is noticed, and its twin in number is another', async () => {
  await using world = await openWorld()
  const before = await takeInventory(world.kinds)
  const child = await world.spawn(['sh', '-c', 'setsid sh -c "env -i sleep 987 >/dev/null 2>&1 &" & exit 0'], {
    cwd: '/',
  })
  expect(await child.ended).toEqual({ code: 0, signal: null })
  await expect(expectUnchanged(before, { kinds: world.kinds, within: 300 })).rejects.toThrow(
    /left behind: process: \d+ started at \d+: sleep 987/,
  )
})

test('a world is as before when its processes have ended, and the wait really waits', async () => {
  await using world = await openWorld()
  const before = await takeInventory(world.kinds)
  await world.spawn(['sh', '-c', 'sleep 0.4 & exit 0'], { cwd: '/' })
  await sleep(50)
  expect(await expectUnchanged(before, { kinds: world.kinds, within: 3_000 })).toBeGreaterThan(200)
})

test('a terminal turns ^C into SIGINT for the command', async () => {
  await using world = await openWorld()
  const child = await world.spawn(['sh', '-c', 'test -t 0 && echo terminal; exec sleep 30'], { cwd: '/', tty: true })
  await expect.poll(() => child.output()).toContain('terminal')
  child.type('\x03')
  expect(await child.ended).toEqual({ code: null, signal: 'SIGINT' })
})

test('every kind of Docker object is noticed, without a label', async (context) => {
  const host = process.env['DOCKER_HOST']
  if (!host) context.skip('no Docker engine: DOCKER_HOST is not set')
  const docker = (...args: string[]): string =>
    spawnSync('docker', ['-H', host as string, ...args], { encoding: 'utf8' }).stdout.trim()
  const seen = await leaksOf(dockerKinds(host as string), async () => {
    docker('create', '--name', name, 'busybox:1.37', 'true')
    docker('run', '--name', `${name}-ended`, 'busybox:1.37', 'true')
    docker('network', 'create', name)
    docker('volume', 'create', name)
    docker('tag', 'busybox:1.37', `${name}:1`)
    return () => {
      docker('rm', '-f', name, `${name}-ended`)
      docker('network', 'rm', name)
      docker('volume', 'rm', name)
      docker('rmi', `${name}:1`)
    }
  })
  for (const item of [
    `container: \\w+ /${name} of`,
    `container: \\w+ /${name}-ended of`,
    `network: \\w+ ${name}`,
    `volume: ${name}`,
    `image: ${name}:1`,
  ]) {
    expect(seen).toMatch(new RegExp(`left behind: docker ${item}`))
  }
})

test('objects of a cluster are noticed, in a namespace and outside, without a label', async (context) => {
  const { MOORAGE_TESTBED_KUBECONFIG: config, MOORAGE_TESTBED_KUBECTL: program } = process.env
  if (!config || !program) context.skip('no cluster: MOORAGE_TESTBED_KUBECONFIG is not set')
  const kubectl = (...args: string[]): void => {
    const { status, stderr } = spawnSync(program as string, ['--kubeconfig', config as string, ...args], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  }
  const leaks = [
    ['namespace', name],
    ['configmap', name, '-n', 'ci'],
    ['clusterrole', name, '--verb=get', '--resource=pods'],
  ]
  const seen = await leaksOf(kubernetesKinds(config as string), async () => {
    for (const leak of leaks) kubectl('create', ...leak)
    return () => {
      for (const leak of leaks) kubectl('delete', ...leak.filter((word) => !word.startsWith('--')))
    }
  })
  for (const item of [
    `namespaces ${name}`,
    `configmaps ci/${name}`,
    `clusterroles.rbac.authorization.k8s.io ${name}`,
  ]) {
    expect(seen).toMatch(new RegExp(`left behind: kubernetes object: ${item} [0-9a-f-]{36}`))
  }
})

test('the inventory of what lives leaves out a namespace that is being deleted, with its objects, and nothing else', async (context) => {
  const { MOORAGE_TESTBED_KUBECONFIG: config, MOORAGE_TESTBED_KUBECTL: program } = process.env
  if (!config || !program) context.skip('no cluster: MOORAGE_TESTBED_KUBECONFIG is not set')
  const kubectl = (...args: string[]): unknown =>
    spawnSync(program as string, ['--kubeconfig', config as string, ...args])
  const living = liveKubernetesKinds(config as string)
  const before = await takeInventory(living)
  const going = `${name}-going`
  kubectl('create', 'namespace', going)
  // A finalizer keeps it in deletion until the test removes that.
  const finalizers = (list: string): unknown =>
    kubectl('patch', 'configmap', name, '-n', going, '--type=merge', '-p', `{"metadata":{"finalizers":${list}}}`)
  kubectl('create', 'configmap', name, '-n', going)
  finalizers('["example.com/wait"]')
  try {
    await expect(expectUnchanged(before, { kinds: living, within: 0 })).rejects.toThrow(
      new RegExp(`left behind: kubernetes object: configmaps ${going}/${name} [^]*namespaces ${going} `),
    )
    kubectl('delete', 'namespace', going, '--wait=false')
    await expectUnchanged(before, { kinds: living, within: 1_000 })
    await expect(expectUnchanged(before, { kinds: kubernetesKinds(config as string), within: 0 })).rejects.toThrow(
      `left behind: kubernetes object: configmaps ${going}/${name} `,
    )
    kubectl('create', 'configmap', name, '-n', 'ci')
    await expect(expectUnchanged(before, { kinds: living, within: 0 })).rejects.toThrow(
      `left behind: kubernetes object: configmaps ci/${name} `,
    )
  } finally {
    kubectl('delete', 'configmap', name, '-n', 'ci')
    finalizers('[]')
    kubectl('wait', '--for=delete', `namespace/${going}`, '--timeout=20s')
  }
})

test('an object of a cluster that was replaced by one of the same name is another', async (context) => {
  const { MOORAGE_TESTBED_KUBECONFIG: config, MOORAGE_TESTBED_KUBECTL: program } = process.env
  if (!config || !program) context.skip('no cluster: MOORAGE_TESTBED_KUBECONFIG is not set')
  const kubectl = (...args: string[]): unknown =>
    spawnSync(program as string, ['--kubeconfig', config as string, '-n', 'ci', ...args])
  kubectl('create', 'configmap', name)
  const seen = await leaksOf(kubernetesKinds(config as string), async () => {
    kubectl('delete', 'configmap', name)
    kubectl('create', 'configmap', name)
    return () => void kubectl('delete', 'configmap', name)
  })
  expect(seen).toMatch(new RegExp(`left behind: kubernetes object: configmaps ci/${name} `))
  expect(seen).toMatch(new RegExp(`gone: kubernetes object: configmaps ci/${name} `))
})

test('the inventory of a cluster takes less than half a second and does not change by itself, nor by a pod that came and went', async (context) => {
  const { MOORAGE_TESTBED_KUBECONFIG: config, MOORAGE_TESTBED_KUBECTL: program } = process.env
  if (!config || !program) context.skip('no cluster: MOORAGE_TESTBED_KUBECONFIG is not set')
  const kubectl = (...args: string[]): unknown =>
    spawnSync(program as string, ['--kubeconfig', config as string, '-n', 'ci', ...args])
  const kinds = [
    ...kubernetesKinds(config as string),
    ...machineKinds().filter((kind) => kind.name !== 'listening port'),
  ]
  const since = Date.now()
  await takeInventory(kubernetesKinds(config as string))
  expect(Date.now() - since).toBeLessThan(500)
  const before = await takeInventory(kinds)
  kubectl('run', name, '--image=busybox:1.37', '--', 'sleep', '100')
  kubectl('wait', '--for=condition=Ready', `pod/${name}`)
  await expect(expectUnchanged(before, { kinds, within: 0 })).rejects.toThrow(
    /pods ci\/leak[^]*network interface: veth/,
  )
  kubectl('delete', 'pod', name, '--grace-period=1')
  await expectUnchanged(before, { kinds, within: 10_000 })
})
