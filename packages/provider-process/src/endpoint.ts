import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { MoorageError } from '@moorage/core/provider'
import getPort from 'get-port'

/** Ports given out in this session, by service: two services must not get one before either listens. */
export type Reserved = Map<number, string>

/** `wish` 0 is any free port; another number is the user's, and must be free. */
export async function reservePort(service: string, wish: number, reserved: Reserved): Promise<number> {
  if (wish === 0) {
    const port = await getPort({ host: '127.0.0.1', exclude: [...reserved.keys()] })
    // Another caller may have been given the same one while we waited.
    if (reserved.has(port)) return await reservePort(service, wish, reserved)
    reserved.set(port, service)
    return port
  }
  const other = reserved.get(wish)
  if (other !== undefined && other !== service) throw inUse(service, wish, `services.${other} has it`)
  // At once: another service may ask for it while we look.
  reserved.set(wish, service)
  if (await isFree(wish)) return wish
  reserved.delete(wish)
  throw inUse(service, wish, holderOf(wish) ?? 'another program listens on it')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => done(true)))
  })
}

function inUse(service: string, port: number, by: string): MoorageError {
  return new MoorageError('PORT_IN_USE', `services.${service}.port: port ${port} is in use: ${by}.`, {
    service,
    phase: 'admit',
    hint: 'End that program, give another port, or leave the port out to get a free one.',
  })
}

/** Who listens, as far as /proc tells (proc_net_tcp: state 0A is LISTEN, field 10 the inode). */
function holderOf(port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => lines(file).map((line) => line.trim().split(/\s+/)))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
    .map((fields) => `socket:[${fields[9]}]`)
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name))) {
    const holds = entries(`/proc/${pid}/fd`).some((fd) => inodes.includes(link(`/proc/${pid}/fd/${fd}`)))
    if (holds) return `process ${pid} (${lines(`/proc/${pid}/comm`)[0] ?? '?'}) listens on it`
  }
  return undefined
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
