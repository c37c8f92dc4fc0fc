import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { clear, makeGroup } from './control-group.ts'
import { binary, buildPrograms, unbuilt } from './go-programs.ts'
import { ask, kubectl, untilPodsAreAdmitted } from './kubernetes-api.ts'
import { writeConfiguration } from './kubernetes-config.ts'
import { podImageSteps, publishPrograms, pullImages, tidyStore } from './kubernetes-images.ts'
import { removeLogLinks, removePodNetworks, shareNetworkNamespaces } from './kubernetes-leftovers.ts'
import { objects } from './kubernetes-objects.ts'
import { makeAuthority } from './kubernetes-pki.ts'
import * as at from './kubernetes-paths.ts'
import * as go from './kubernetes-programs.ts'
import { programs, store } from './kubernetes-start.ts'
import { apply, grantRoles, makeUsers } from './kubernetes-users.ts'
import { enableForwarding } from './machine-state.ts'
import { unmountUnder } from './mounts.ts'
import { makeBridge, removeLink, removeRules } from './network.ts'
import type { Part } from './part.ts'
import { start, stop } from './programs.ts'

const built = Object.values(go)

export const kubernetesPart: Part = {
  name: 'kubernetes',
  debianPackages: [
    'containerd',
    'runc',
    'containernetworking-plugins',
    'iptables',
    'iproute2',
    'openssl',
    'util-linux',
  ],
  disk: { cold: 17, warm: 3 },
  cached: async () => existsSync(at.containerdRoot) && unbuilt(built).length === 0,
  steps: () => unbuilt(built).length + programs().length + (existsSync(at.containerdRoot) ? 0 : podImageSteps()),
  programs,

  async prepare(fresh) {
    await buildPrograms(built)
    // Of a bed that runs, too, whose checkout may have been another one's.
    await Promise.all([writeConfiguration(), publishPrograms()])
    if (!fresh) return
    await mkdir(at.folder, { recursive: true })
    for (const folder of [at.containerdRoot, at.kubeletData, at.buildkitData]) await mkdir(folder, { recursive: true })
    await makeAuthority()
    await makeUsers()
    enableForwarding()
    await makeBridge(at.nodeBridge, `${at.nodeAddress}/24`)
    // Else the first pod would make it, in the middle of an inventory.
    await makeBridge(at.podBridge, at.podGateway)
    await shareNetworkNamespaces()
    await makeGroup('pods')
    await start(store)
    await tidyStore()
    await pullImages()
    await stop(store)
  },

  async complete(fresh) {
    await pullImages()
    if (!fresh) return
    await apply(objects)
    await Promise.all([grantRoles(), untilPodsAreAdmitted()])
  },

  // What runs ends with the sweep; without this, pods would not be asked to end by themselves.
  async empty() {
    await kubectl(['delete', 'pods', '--all', '-A', '--grace-period=1', '--wait=true', '--timeout=10s'])
  },

  async sweep() {
    await clear('pods')
    await clear('builds')
    for (const folder of [at.folder, at.containerdState, at.containerdRoot, at.kubeletData, at.buildkitData]) {
      await unmountUnder(folder)
    }
    await removePodNetworks()
    await removeRules({ chains: /^(KUBE|CNI)-/, rules: new RegExp(`\\b(${at.marks})\\b`) })
    await removeLink(at.podBridge)
    await removeLink(at.nerdctlBridge)
    await removeLink(at.nodeBridge)
    await removeLogLinks()
    for (const folder of [at.folder, at.containerdState, at.kubeletData, at.buildkitData, at.etcdData]) {
      await rm(folder, { recursive: true, force: true })
    }
  },

  env: () => ({
    MOORAGE_TESTBED_KUBECONFIG: at.kubeconfigOf('admin'),
    MOORAGE_TESTBED_KUBECONFIGS: at.kubeconfigs,
    MOORAGE_TESTBED_KUBECTL: binary(go.kubectl),
    MOORAGE_TESTBED_BUILDCTL: binary(go.buildctl),
    MOORAGE_TESTBED_BUILDKIT_HOST: `unix://${at.buildkitSocket}`,
    MOORAGE_TESTBED_NERDCTL: binary(go.nerdctl),
    MOORAGE_TESTBED_NERDCTL_TOML: at.nerdctlConfig,
    MOORAGE_TESTBED_CONTAINERD: at.containerdSocket,
    MOORAGE_TESTBED_CONTAINERD_HOSTS: at.mirrors,
  }),

  async describe() {
    const { gitVersion } = JSON.parse((await ask('/version')).body) as { gitVersion: string }
    return [`kubernetes   ${gitVersion}, node ${at.node}`]
  },
}
