import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clear } from './control-group.ts'
import { registryAddress } from './engine.ts'
import { enableForwarding } from './machine-state.ts'
import { unmountUnder } from './mounts.ts'
import { removeLink, removeRules } from './network.ts'
import type { Part } from './part.ts'
import { cache, runtime } from './paths.ts'
import { lines, sh } from './shell.ts'

const socket = `unix://${join(runtime, 'podman.sock')}`
const state = join(runtime, 'podman')
const networks = join(state, 'networks')
/** Images stay from bed to bed. */
const storage = join(cache, 'podman')

const files = {
  CONTAINERS_CONF: join(state, 'containers.conf'),
  CONTAINERS_STORAGE_CONF: join(state, 'storage.conf'),
  CONTAINERS_REGISTRIES_CONF: join(state, 'registries.conf'),
}

// No folder of its own for the database: the clean-up after a container would not be told of it. runc: crun refuses
// hybrid control groups. Limits: the machine's may not be raised here.
const containersConfig = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
network_backend = "netavark"
network_config_dir = "${networks}"
default_subnet = "10.214.0.0/24"
default_subnet_pools = [{ base = "10.214.128.0/17", size = 24 }]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "${join(state, 'tmp')}"
volume_path = "${join(state, 'volumes')}"
`

const storageConfig = `[storage]
driver = "overlay"
graphroot = "${storage}"
runroot = "${join(state, 'run')}"
`

const registriesConfig = `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "${registryAddress}"
insecure = true
[[registry]]
location = "${registryAddress}"
insecure = true
`

const environment = Object.entries(files).map(([name, file]) => `${name}=${file}`)

/** Podman's service, which speaks the Docker API: an engine that is not Docker. */
export const podmanPart: Part = {
  name: 'podman',
  debianPackages: ['podman', 'buildah', 'conmon', 'runc', 'netavark', 'aardvark-dns', 'iptables', 'tini'],
  disk: { cold: 1, warm: 0.5 },
  cached: () => Promise.resolve(true),
  steps: () => 2,
  programs: () => [
    {
      name: 'podman',
      // The monitors of containers are orphans. Podman waits until they are reaped, which the first process of some
      // machines does late: tini adopts and reaps them.
      argv: ['tini', '-s', '--', 'env', ...environment, 'podman', 'system', 'service', '--time=0', socket],
      ready: () => podman('version').then(() => true),
    },
  ],

  async prepare(fresh) {
    if (!fresh) return
    for (const folder of [state, networks, storage]) await mkdir(folder, { recursive: true })
    await writeFile(files.CONTAINERS_CONF, containersConfig)
    await writeFile(files.CONTAINERS_STORAGE_CONF, storageConfig)
    await writeFile(files.CONTAINERS_REGISTRIES_CONF, registriesConfig)
    enableForwarding()
  },

  async complete(fresh) {
    if (!fresh) return
    await removeObjects()
    // What the contract suite runs.
    await podman('pull', '-q', 'busybox:1.37')
  },

  empty: removeObjects,

  async sweep() {
    // Containers live in groups of their own below the root group.
    await clear(`../libpod_parent`)
    await unmountUnder(storage)
    await unmountUnder(state)
    const links = ownLinks()
    await removeRules({ chains: /^NETAVARK/, rules: /NETAVARK|\b10[.]214[.]/ })
    for (const link of links) await removeLink(link)
    for (const folder of [state, join(storage, 'libpod')]) await rm(folder, { recursive: true, force: true })
  },

  env: () => ({ MOORAGE_TESTBED_PODMAN: socket }),
  describe: () => Promise.resolve([`podman       ${socket}`]),
}

function podman(...args: string[]): Promise<string> {
  return sh(['podman', '--remote', '--url', socket, ...args])
}

/** The bridges of podman's networks, as its configuration names them. */
function ownLinks(): string[] {
  try {
    return readdirSync(networks)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(networks, name), 'utf8')) as { network_interface?: string })
      .flatMap(({ network_interface: link }) => link ?? [])
  } catch {
    return []
  }
}

async function removeObjects(): Promise<void> {
  const containers = lines(await podman('ps', '-aq'))
  if (containers.length > 0) await podman('rm', '-f', '-v', ...containers)
  await podman('network', 'prune', '-f')
  await podman('volume', 'prune', '-f')
}
