import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtime } from './paths.ts'
import { sh } from './shell.ts'

/** What the machine had before the bed, so that `down` knows what is the bed's. */
export interface Before {
  /** What iptables-save and ip6tables-save print, by `iptables` and `ip6tables`. */
  rules: Record<string, string>
  forwarding: string
  /** Kernel settings by file. */
  settings: Record<string, string>
  folders: string[]
}

const file = join(runtime, 'before.json')
const forwarding = '/proc/sys/net/ipv4/ip_forward'

// The kubelet and the proxy set these at their start; no option keeps them from it.
const settings = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'net/ipv4/conf/all/route_localnet',
  'net/bridge/bridge-nf-call-iptables',
].map((name) => `/proc/sys/${name}`)

// Compiled into the engine, containerd, the kubelet and the network plug-ins; no option moves them.
const fixedFolders = [
  '/run/docker',
  '/run/containerd',
  '/run/netns',
  '/run/containers',
  '/run/libpod',
  '/var/lib/cni/results',
  '/var/lib/cni',
  '/var/log/containers',
  '/var/lib/kubelet/device-plugins',
  '/var/lib/kubelet',
]

/** What those programs leave there when they are killed. */
const remains = [
  'networks',
  'alive',
  'alive.lck',
  'events',
  'exits',
  's',
  'plugins',
  'kubelet.sock',
  'kubelet_internal_checkpoint',
]

/** Notes it once: a second `up` must not note the bed's own rules as the machine's. */
export async function remember(): Promise<void> {
  if (existsSync(file)) return
  const before: Before = {
    rules: { iptables: await sh(['iptables-save']), ip6tables: await sh(['ip6tables-save']) },
    forwarding: readFileSync(forwarding, 'utf8'),
    settings: Object.fromEntries(
      settings.filter((each) => existsSync(each)).map((each) => [each, readFileSync(each, 'utf8')]),
    ),
    folders: fixedFolders.filter((folder) => existsSync(folder)),
  }
  writeFileSync(file, JSON.stringify(before))
}

export function remembered(): Before | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Before) : undefined
}

/** Containers reach each other across networks only when the machine forwards. */
export function enableForwarding(): void {
  writeFileSync(forwarding, '1')
}

export function restore(): void {
  const before = remembered()
  if (!before) return
  writeFileSync(forwarding, before.forwarding)
  for (const [name, value] of Object.entries(before.settings)) writeFileSync(name, value)
  for (const folder of fixedFolders.filter((each) => existsSync(each) && !before.folders.includes(each))) {
    // A socket or a name that another program has made meanwhile keeps the folder.
    const used = readdirSync(folder).some((name) => !remains.includes(name))
    if (!used) rmSync(folder, { recursive: true })
  }
}
