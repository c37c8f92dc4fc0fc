import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clear } from './control-group.ts'
import { binary, buildPrograms, ferretdb, registry } from './go-programs.ts'
import { describeImages, publishImages } from './images.ts'
import { unmountUnder } from './mounts.ts'
import { enableForwarding, makeBridge, removeLinks, removeRules } from './network.ts'
import type { Part } from './part.ts'
import { cache, controlGroup, runtime } from './places.ts'
import { answers, docker, registryAddress, socket } from './engine.ts'
import { lines } from './shell.ts'

const bridge = 'moorage0'
const state = join(cache, 'engine')
const networkDatabase = join(state, 'network/files/local-kv.db')

const containerdConfig = `version = 2
root = "${runtime}/containerd-root"
state = "${runtime}/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${runtime}/docker-containerd.sock"
`

const registryConfig = `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: "${cache}/registry"}, delete: {enabled: true}}
http: {addr: "${registryAddress}"}
`

const engineConfig = {
  'data-root': state,
  'exec-root': join(runtime, 'engine'),
  pidfile: join(runtime, 'engine.pid'),
  hosts: [socket],
  containerd: join(runtime, 'docker-containerd.sock'),
  bridge,
  'default-address-pools': [{ base: '10.212.128.0/17', size: 24 }],
  'registry-mirrors': [`http://${registryAddress}`],
  'storage-driver': 'overlay2',
  'cgroup-parent': `/${controlGroup}/containers`,
  'exec-opts': ['native.cgroupdriver=cgroupfs'],
}

export const dockerPart: Part = {
  name: 'docker',
  debianPackages: ['docker.io', 'containerd', 'runc', 'iptables', 'iproute2', 'mmdebstrap', 'util-linux'],
  disk: { cold: 8, warm: 2 },
  cached: async () => existsSync(binary(registry)) && existsSync(join(state, 'image')),
  programs: () => [
    {
      name: 'registry',
      argv: [binary(registry), 'serve', join(runtime, 'registry.yml')],
      ready: async () => (await fetch(`http://${registryAddress}/v2/`)).ok,
    },
    {
      name: 'containerd',
      argv: ['containerd', '--config', join(runtime, 'containerd.toml')],
      ready: () => answers(['ctr', '-a', join(runtime, 'docker-containerd.sock'), 'version']),
    },
    {
      name: 'dockerd',
      argv: ['dockerd', '--config-file', join(runtime, 'dockerd.json')],
      ready: () => answers(['/usr/bin/docker', '-H', socket, 'version']),
      grace: 15,
    },
  ],

  async prepare() {
    await buildPrograms([registry, ferretdb])
    await mkdir(state, { recursive: true })
    await writeFile(join(runtime, 'registry.yml'), registryConfig)
    await writeFile(join(runtime, 'containerd.toml'), containerdConfig)
    await writeFile(join(runtime, 'dockerd.json'), JSON.stringify(engineConfig, undefined, 2))
    enableForwarding()
    await makeBridge(bridge, '10.212.0.1/20')
  },

  async complete(fresh) {
    // A killed engine remembers containers that no longer run.
    if (fresh) await removeObjects()
    await publishImages()
  },

  empty: removeObjects,

  async sweep() {
    await clear('containers')
    await unmountUnder(runtime)
    await unmountUnder(state)
    const known = existsSync(networkDatabase) ? readFileSync(networkDatabase, 'latin1') : ''
    await removeRules({ chains: /^DOCKER(-|$)/, rules: /\bmoorage0\b|\b10\.212\./ })
    await removeLinks((name) => name === bridge || (/^br-[0-9a-f]{12}$/.test(name) && known.includes(name.slice(3))))
    for (const name of ['containerd', 'containerd-root', 'engine']) await rm(join(runtime, name), { recursive: true, force: true })
  },

  env: () => ({
    DOCKER_HOST: socket,
    TESTCONTAINERS_RYUK_DISABLED: 'true',
    MOORAGE_TESTBED_REGISTRY: registryAddress,
  }),

  describe: describeImages,
}

async function removeObjects(): Promise<void> {
  const containers = lines(await docker('ps', '-aq'))
  if (containers.length > 0) await docker('rm', '-f', '-v', ...containers)
  await docker('network', 'prune', '-f')
  const volumes = lines(await docker('volume', 'ls', '-q'))
  if (volumes.length > 0) await docker('volume', 'rm', '-f', ...volumes)
}
