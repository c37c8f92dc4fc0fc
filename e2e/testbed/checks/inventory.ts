import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { controlGroup } from '../paths.ts'
import { lines, sh } from '../shell.ts'

const settings = ['net/ipv4/ip_forward', 'kernel/panic', 'kernel/panic_on_oops', 'vm/overcommit_memory']

/** Everything of this machine that a bed could leave behind, one line each. */
export async function inventory(): Promise<string[]> {
  return [
    ...(await processes()).map(({ line }) => `process ${line}`),
    ...lines(readFileSync('/proc/self/mountinfo', 'utf8')).map((line) => `mount ${line.split(' ')[4]}`),
    ...readdirSync('/sys/class/net').map((name) => `interface ${name}`),
    ...(await rules()).map((line) => `rule ${line}`),
    ...['/run', '/dev/shm', '/var/log', '/var/lib/cni', '/var/lib/kubelet', '/usr/libexec/kubernetes'].flatMap(files),
    ...groups().map((name) => `group ${name}`),
    ...settings.map((name) => `setting ${name} ${readFileSync(`/proc/sys/${name}`, 'utf8').trim()}`),
    ...lines(await sh(['ss', '-Hltun'])).map((line) => `port ${line.split(/\s+/)[4]}`),
  ].sort()
}

/** All processes of this machine but process 1 and those that belong to the test. */
export async function processes(): Promise<{ pid: number; line: string }[]> {
  const own = new Set([1, process.pid, process.ppid])
  return lines(await sh(['ps', '-eo', 'pid=,ppid=,stat=,args=', '-ww']))
    .map((row) => /^(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [])
    .map(([, pid, parent, state, line]) => ({ pid: Number(pid), parent: Number(parent), state, line: line ?? '' }))
    .filter(({ pid, parent, state }) => !own.has(pid) && parent !== process.pid && !state?.startsWith('Z'))
}

/** Rules and chains of the bed and of all others; empty built-in chains appear with the first look at a table. */
async function rules(): Promise<string[]> {
  const saved = await Promise.all(['iptables-save', 'ip6tables-save'].map((each) => sh([each])))
  const all = saved.flatMap(lines).filter((line) => /^-A|^:\S+ (-|DROP)/.test(line))
  return all.map((line) => line.replace(/\[.*/, ''))
}

function files(folder: string): string[] {
  if (!existsSync(folder)) return []
  return [folder, ...readdirSync(folder, { recursive: true }).map((name) => `file ${folder}/${name}`)]
}

function groups(): string[] {
  return readdirSync('/sys/fs/cgroup').flatMap((hierarchy) => {
    try {
      const found = readdirSync(`/sys/fs/cgroup/${hierarchy}`).filter((name) => name === controlGroup)
      return found.map((name) => `${hierarchy}/${name}`)
    } catch {
      return []
    }
  })
}
