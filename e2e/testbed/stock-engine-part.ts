import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clear } from './control-group.ts'
import { registryAddress } from './engine.ts'
import { unmountUnder } from './mounts.ts'
import { removeLink } from './network.ts'
import type { Part } from './part.ts'
import { cache, controlGroup, runtime } from './paths.ts'
import { lines, sh } from './shell.ts'

const socket = `unix://${join(runtime, 'stock-docker.sock')}`
/** Images stay from bed to bed. */
const data = join(cache, 'stock-engine')
const state = join(runtime, 'stock-engine')
const containerdSocket = join(runtime, 'stock-containerd.sock')
const containerdFile = join(runtime, 'stock-containerd.toml')
const engineFile = join(runtime, 'stock-dockerd.json')
const folders = [join(runtime, 'stock-containerd-root'), join(runtime, 'stock-containerd'), state]

const containerdConfig = `version = 2
root = "${folders[0]}"
state = "${folders[1]}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${containerdSocket}"
`

// No pools are named: the engine takes those that it is built with, some thirty networks. Its rules would replace those
// of the bed's other engine, so it writes none: a proxy of its own publishes ports.
const engineConfig = JSON.stringify(
  {
    'data-root': data,
    'exec-root': state,
    pidfile: join(runtime, 'stock-engine.pid'),
    'deprecated-key-path': join(runtime, 'stock-engine-key.json'),
    hosts: [socket],
    containerd: containerdSocket,
    'containerd-namespace': 'stock',
    'containerd-plugins-namespace': 'stock-plugins',
    bridge: 'none',
    iptables: false,
    'log-driver': 'none',
    'registry-mirrors': [`http://${registryAddress}`],
    'storage-driver': 'overlay2',
    'cgroup-parent': `/${controlGroup}/stock-containers`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
  },
  undefined,
  2,
)

/** A Docker engine with the address pools that it comes with, and with a log driver that keeps no logs. */
export const stockEnginePart: Part = {
  name: 'stock engine',
  debianPackages: ['docker.io', 'containerd', 'runc', 'iproute2'],
  disk: { cold: 1, warm: 0.5 },
  cached: () => Promise.resolve(true),
  steps: () => 3,
  programs: () => [
    {
      name: 'stock-containerd',
      argv: ['containerd', '--config', containerdFile],
      ready: () => sh(['ctr', '-a', containerdSocket, 'version']).then(() => true),
    },
    {
      name: 'stock-dockerd',
      argv: ['dockerd', '--config-file', engineFile],
      ready: () => docker('version').then(() => true),
      grace: 15,
      beside: 'stock-containerd',
    },
  ],

  async prepare(fresh) {
    if (!fresh) return
    await mkdir(data, { recursive: true })
    await writeFile(containerdFile, containerdConfig)
    await writeFile(engineFile, engineConfig)
  },

  async complete(fresh) {
    if (!fresh) return
    await removeObjects()
    await docker('pull', '-q', 'busybox:1.37')
  },

  empty: removeObjects,

  async sweep() {
    await clear('stock-containers')
    await unmountUnder(data)
    for (const link of ownLinks()) await removeLink(link)
    for (const folder of folders) {
      await unmountUnder(folder)
      await rm(folder, { recursive: true, force: true })
    }
  },

  env: () => ({ MOORAGE_TESTBED_STOCK_ENGINE: socket }),
  describe: () => Promise.resolve([`stock engine ${socket}`]),
}

function docker(...args: string[]): Promise<string> {
  return sh(['/usr/bin/docker', '-H', socket, ...args], { env: { DOCKER_CONFIG: join(runtime, 'docker-client') } })
}

/** The bridges that the engine's database knows. */
function ownLinks(): string[] {
  const database = join(data, 'network/files/local-kv.db')
  const known = existsSync(database) ? readFileSync(database, 'latin1') : ''
  return readdirSync('/sys/class/net').filter((name) => /^br-[0-9a-f]{12}$/.test(name) && known.includes(name.slice(3)))
}

async function removeObjects(): Promise<void> {
  const containers = lines(await docker('ps', '-aq'))
  if (containers.length > 0) await docker('rm', '-f', '-v', ...containers)
  await docker('network', 'prune', '-f')
  await docker('volume', 'prune', '-f')
}
