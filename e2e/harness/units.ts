import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { kubectl, type ProviderName } from './engine.ts'

/** What runs for a run, by service: a pid, a container's id, a pod's uid. */
export function unitsOf(provider: ProviderName, run: string): { readonly [service: string]: string } {
  if (provider === 'process') return processes(run)
  if (provider === 'docker') {
    const lines = docker('ps', '--no-trunc', '--format', '{{.Names}} {{.ID}}')
      .trim()
      .split('\n')
      .filter((line) => line.startsWith(`moorage-${run}-`))
    return Object.fromEntries(
      lines.map((line) => [line.slice(`moorage-${run}-`.length).split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    )
  }
  const { stdout } = kubectl(
    'get',
    'pods',
    '-n',
    run,
    '-o',
    'jsonpath={range .items[*]}{.metadata.labels.moorage\\.service} {.metadata.uid} {.metadata.deletionTimestamp}{"\\n"}{end}',
  )
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([name, , deleted]) => name && !deleted)
  return Object.fromEntries(rows.map(([name = '', uid = '']) => [name, uid]))
}

/** As an accident would. */
export function killUnit(provider: ProviderName, run: string, service: string): void {
  const id = unitsOf(provider, run)[service]
  if (id === undefined) throw new RangeError(`${service} does not run`)
  if (provider === 'process') process.kill(Number(id), 'SIGKILL')
  else if (provider === 'docker') docker('kill', id)
  else kubectl('delete', 'pod', '-n', run, '-l', `moorage.service=${service}`, '--grace-period=1', '--wait=true')
}

export function docker(...args: readonly string[]): string {
  return spawnSync('docker', ['-H', process.env['DOCKER_HOST'] ?? '', ...args], { encoding: 'utf8' }).stdout
}

/** The first process that carries each unit's mark: the service itself. */
function processes(run: string): { readonly [service: string]: string } {
  const found: Record<string, number> = {}
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    const [, service] = new RegExp(`\0MOORAGE_UNIT=${run}/([^/]+)/\0`).exec(`\0${environ(pid)}`) ?? []
    if (service) found[service] = Math.min(pid, found[service] ?? Infinity)
  }
  return Object.fromEntries(Object.entries(found).map(([service, pid]) => [service, String(pid)]))
}

function environ(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
