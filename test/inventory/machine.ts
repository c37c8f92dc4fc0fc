import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Kind } from './kind.ts'

/** What a process can leave on this machine besides processes. Linux. */
export function machineKinds(): readonly Kind[] {
  const env = process.env
  const cache = env['MOORAGE_CACHE_DIR'] ?? join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'moorage')
  const folders = [
    '/tmp',
    '/var/tmp',
    '/dev/shm',
    join(cache, 'run'),
    ...(env['XDG_RUNTIME_DIR'] ? [env['XDG_RUNTIME_DIR']] : []),
  ]
  return [
    { name: 'listening port', take: () => Promise.resolve(['tcp', 'tcp6', 'udp', 'udp6'].flatMap(listening)) },
    { name: 'listening unix socket', take: () => Promise.resolve(unixSockets()) },
    {
      name: 'mount',
      take: () =>
        Promise.resolve(lines('/proc/self/mountinfo').map((line) => line.split(' ').slice(3, 5).join(' at '))),
    },
    {
      name: 'file',
      take: () => Promise.resolve(folders.flatMap((folder) => entries(folder).map((name) => join(folder, name)))),
    },
    { name: 'shared memory', take: () => Promise.resolve(['shm', 'sem', 'msg'].flatMap(systemV)) },
    { name: 'network interface', take: () => Promise.resolve(entries('/sys/class/net')) },
  ]
}

/**
 * proc_net_tcp: the second field is the local address, the fourth the state; 0A is LISTEN, 07 an unconnected UDP
 * socket.
 */
function listening(protocol: string): readonly string[] {
  const state = protocol.startsWith('tcp') ? '0A' : '07'
  return lines(`/proc/net/${protocol}`)
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [address = '', port = ''] = fields[1]?.split(':') ?? []
      return fields[3] === state ? [`${protocol} ${address}:${Number.parseInt(port, 16)}`] : []
    })
}

/** /proc/net/unix: flag 00010000 is a socket that listens; an abstract name begins with @. */
function unixSockets(): readonly string[] {
  return lines('/proc/net/unix')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      return fields[3] === '00010000' && fields[7] ? [fields[7]] : []
    })
}

function systemV(sort: string): readonly string[] {
  return lines(`/proc/sysvipc/${sort}`)
    .slice(1)
    .map((line) => `${sort} ${line.trim().split(/\s+/).slice(0, 2).join(' id ')}`)
}

function lines(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
