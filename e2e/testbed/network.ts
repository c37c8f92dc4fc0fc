import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runtime } from './places.ts'
import { sh } from './shell.ts'

const snapshot = join(runtime, 'network-before.json')
const forwarding = '/proc/sys/net/ipv4/ip_forward'

interface Before {
  rules: string
  forwarding: string
}

/** Notes what the machine had before the bed, once: a second `up` must not note the bed's own rules. */
export async function rememberNetwork(): Promise<void> {
  if (existsSync(snapshot)) return
  const before: Before = { rules: await sh(['iptables-save']), forwarding: readFileSync(forwarding, 'utf8') }
  writeFileSync(snapshot, JSON.stringify(before))
}

/** Containers reach each other across networks only when the machine forwards. */
export function enableForwarding(): void {
  writeFileSync(forwarding, '1')
}

export async function restoreNetwork(): Promise<void> {
  if (existsSync(snapshot)) writeFileSync(forwarding, before().forwarding)
}

export async function makeBridge(name: string, address: string): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) return
  await sh(['ip', 'link', 'add', name, 'type', 'bridge'])
  await sh(['ip', 'addr', 'add', address, 'dev', name])
  await sh(['ip', 'link', 'set', name, 'up'])
}

export async function removeLinks(ours: (name: string) => boolean): Promise<void> {
  for (const name of readdirSync('/sys/class/net').filter(ours)) {
    await sh(['ip', 'link', 'del', name], { otherwise: '' })
  }
}

/** Removes rules and chains that were not there before the bed and match `ours`; foreign ones stay. */
export async function removeRules(ours: { chains: RegExp, rules: RegExp }): Promise<void> {
  if (!existsSync(snapshot)) return
  const earlier = readTables(before().rules)
  const undo: string[] = []
  for (const [table, now] of readTables(await sh(['iptables-save']))) {
    const old = earlier.get(table) ?? { chains: [], rules: [] }
    const chains = now.chains.filter((chain) => !old.chains.includes(chain) && ours.chains.test(chain))
    const words = new Set(chains)
    const rules = withoutOnce(now.rules, old.rules)
      .filter((rule) => ours.rules.test(rule) || rule.split(' ').some((word) => words.has(word)))
    if (chains.length + rules.length === 0) continue
    undo.push(`*${table}`, ...rules.map((rule) => rule.replace('-A', '-D')), ...chains.map((chain) => `-X ${chain}`), 'COMMIT')
  }
  if (undo.length > 0) await sh(['iptables-restore', '--noflush'], { input: `${undo.join('\n')}\n` })
}

function before(): Before {
  return JSON.parse(readFileSync(snapshot, 'utf8')) as Before
}

function readTables(text: string): Map<string, { chains: string[], rules: string[] }> {
  const tables = new Map<string, { chains: string[], rules: string[] }>()
  let current = { chains: [] as string[], rules: [] as string[] }
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) tables.set(line.slice(1), current = { chains: [], rules: [] })
    if (line.startsWith(':')) current.chains.push(line.slice(1, line.indexOf(' ')))
    if (line.startsWith('-A')) current.rules.push(line)
  }
  return tables
}

/** Each earlier rule takes one equal rule away, not all of them. */
function withoutOnce(now: string[], earlier: string[]): string[] {
  const rest = [...earlier]
  return now.filter((rule) => {
    const index = rest.indexOf(rule)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
}
