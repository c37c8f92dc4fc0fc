import { existsSync } from 'node:fs'
import { remembered } from './machine-state.ts'
import { sh } from './shell.ts'

export async function makeBridge(name: string, address: string): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) return
  await sh(['ip', 'link', 'add', name, 'type', 'bridge'])
  await sh(['ip', 'addr', 'add', address, 'dev', name])
  await sh(['ip', 'link', 'set', name, 'up'])
}

export async function removeLink(name: string): Promise<void> {
  await sh(['ip', 'link', 'del', name], { otherwise: '' })
}

interface Table {
  chains: string[]
  rules: string[]
}

/** Removes rules and chains that were not there before the bed and match `ours`; foreign ones stay. */
export async function removeRules(ours: { chains: RegExp; rules: RegExp }): Promise<void> {
  const before = remembered()
  if (!before) return
  for (const [command, saved] of Object.entries(before.rules)) await removeRulesOf(command, saved, ours)
}

async function removeRulesOf(command: string, saved: string, ours: { chains: RegExp; rules: RegExp }): Promise<void> {
  const earlier = readTables(saved)
  const undo: string[] = []
  for (const [table, now] of readTables(await sh([`${command}-save`]))) {
    const old = earlier.get(table) ?? { chains: [], rules: [] }
    const chains = now.chains.filter((chain) => !old.chains.includes(chain) && ours.chains.test(chain))
    const rules = withoutOnce(now.rules, old.rules).filter(
      (rule) => ours.rules.test(rule) || rule.split(' ').some((word) => chains.includes(word)),
    )
    if (chains.length + rules.length === 0) continue
    const deletions = [...rules.map((rule) => rule.replace('-A', '-D')), ...chains.map((chain) => `-X ${chain}`)]
    undo.push(`*${table}`, ...deletions, 'COMMIT')
  }
  if (undo.length > 0) await sh([`${command}-restore`, '--noflush'], { input: `${undo.join('\n')}\n` })
}

function readTables(text: string): Map<string, Table> {
  const tables = new Map<string, Table>()
  let current: Table = { chains: [], rules: [] }
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) tables.set(line.slice(1), (current = { chains: [], rules: [] }))
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
