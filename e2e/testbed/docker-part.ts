import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clear } from './control-group.ts'
import * as config from './docker-config.ts'
import { answers, docker, registryAddress, socket } from './engine.ts'
import { binary, buildPrograms, compose, ferretdb, registry, ryuk, unbuilt } from './go-programs.ts'
import { describeImages, imageSteps, publishImages } from './images.ts'
import { enableForwarding } from './machine-state.ts'
import { unmountUnder } from './mounts.ts'
import { makeBridge, removeLink, removeRules } from './network.ts'
import type { Part } from './part.ts'
import { runtime } from './paths.ts'
import { pruneEngine, pruneRegistry } from './prune.ts'
import { lines } from './shell.ts'

const built = [registry, ferretdb, ryuk, compose]

export const dockerPart: Part = {
  name: 'docker',
  debianPackages: ['docker.io', 'containerd', 'runc', 'iptables', 'iproute2', 'mmdebstrap', 'util-linux'],
  disk: { cold: 8, warm: 2 },
  cached: async () => existsSync(config.engineData) && unbuilt(built).length === 0,
  steps: () =>
    unbuilt(built).length + dockerPart.programs().length + (existsSync(config.engineData) ? 0 : imageSteps()),
  programs: () => [
    {
      name: 'registry',
      argv: [binary(registry), 'serve', config.registryFile],
      ready: async () => (await fetch(`http://${registryAddress}/v2/`)).ok,
    },
    {
      name: 'containerd',
      argv: ['containerd', '--config', config.containerdFile],
      ready: () => answers(['ctr', '-a', config.containerdSocket, 'version']),
    },
    {
      name: 'dockerd',
      argv: ['dockerd', '--config-file', config.engineFile],
      ready: () => docker('version').then(() => true),
      grace: 15,
      // It unpacks images where containerd's runtime looks for them.
      beside: 'containerd',
    },
  ],

  async prepare(fresh) {
    await buildPrograms(built)
    if (!fresh) return
    await mkdir(config.engineData, { recursive: true })
    await writeFile(config.registryFile, config.registryConfig)
    await writeFile(config.containerdFile, config.containerdConfig)
    await writeFile(config.engineFile, config.engineConfig)
    await pruneRegistry()
    enableForwarding()
    await makeBridge(config.bridge, config.bridgeAddress)
  },

  async complete(fresh) {
    // A killed engine remembers containers that no longer run.
    if (fresh) await removeObjects()
    await publishImages()
    if (fresh) await pruneEngine()
  },

  empty: removeObjects,

  async sweep() {
    await clear('containers')
    await unmountUnder(runtime)
    await unmountUnder(config.engineData)
    const links = ownLinks()
    const marks = [...links, config.bridge, config.addresses].join('|')
    // The engine ends even a foreign DOCKER-USER chain with the last of these.
    const rules = new RegExp(`\\b(${marks})\\b|^-A DOCKER-USER -j RETURN$`)
    await removeRules({ chains: /^DOCKER(-|$)/, rules })
    for (const link of links) await removeLink(link)
    for (const folder of config.runtimeFolders) await rm(folder, { recursive: true, force: true })
  },

  env: () => ({
    DOCKER_HOST: socket,
    TESTCONTAINERS_RYUK_DISABLED: 'true',
    MOORAGE_TESTBED_REGISTRY: registryAddress,
    MOORAGE_TESTBED_COMPOSE: binary(compose),
  }),

  describe: describeImages,
}

/** The bed's bridge, and those of networks made in it: the engine's database knows them even when it was killed. */
function ownLinks(): string[] {
  const database = join(config.engineData, 'network/files/local-kv.db')
  const known = existsSync(database) ? readFileSync(database, 'latin1') : ''
  return readdirSync('/sys/class/net').filter(
    (name) => name === config.bridge || (/^br-[0-9a-f]{12}$/.test(name) && known.includes(name.slice(3))),
  )
}

async function removeObjects(): Promise<void> {
  const containers = lines(await docker('ps', '-aq'))
  if (containers.length > 0) await docker('rm', '-f', '-v', ...containers)
  await docker('network', 'prune', '-f')
  const volumes = lines(await docker('volume', 'ls', '-q'))
  if (volumes.length > 0) await docker('volume', 'rm', '-f', ...volumes)
}
