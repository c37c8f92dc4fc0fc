import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a port of this machine's loopback, for those who cannot dial that themselves. */
export interface HostPortProxy {
  readonly port: number
  /** Breaks off what runs through it. */
  close(): Promise<void>
}

export interface HostPortProxyOptions {
  /** The one address that it listens on; never all. */
  readonly host: string
  /** 0: any free one. Rejects where it is taken. */
  readonly port: number
  /** The port that it leads to. */
  readonly to: number
  /** Whether somebody at this address may use it. */
  admits(address: string): boolean | Promise<boolean>
}

/** The name under which containers with `hostAccess` find this machine. */
export const HOST_ACCESS_NAME = 'host.moorage.internal'

export async function openHostPortProxy({ host, port, to, admits }: HostPortProxyOptions): Promise<HostPortProxy> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }
  const serve = async (guest: Socket): Promise<void> => {
    if (!(await admits(guest.remoteAddress ?? '')) || guest.destroyed) return void guest.resetAndDestroy()
    // By name: a development server may listen on ::1 alone.
    const server = keep(connect({ host: 'localhost', port: to, allowHalfOpen: true }))
    guest.once('error', () => server.destroy()).pipe(server)
    server.once('error', () => guest.resetAndDestroy()).pipe(guest)
  }
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (guest) => void serve(keep(guest)))
  await new Promise<void>(
    (done, fail) => void listener.once('error', fail).listen({ host, port, exclusive: true }, done),
  )
  return {
    port: (listener.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((done) => listener.close(done))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Where relays listen, and for whom. */
export type ProxyBinding = Pick<HostPortProxyOptions, 'host' | 'admits'>

/** Relays of one session, each opened once; where they listen is asked when the first is. */
export class HostPortProxies {
  readonly #find: () => Promise<ProxyBinding>
  readonly #open = new Map<string, Promise<HostPortProxy>>()
  #found: Promise<ProxyBinding> | undefined

  constructor(find: () => Promise<ProxyBinding>) {
    this.#find = find
  }

  /** Some port of the listening address leads to this one. */
  async expose(port: number): Promise<{ readonly host: string; readonly port: number }> {
    const { host } = await this.#lending()
    return { host, port: (await this.#relay(0, port)).port }
  }

  /** The same numbers, on the address given; one that is taken belongs to a server that listens on every address already. */
  async openSamePorts(ports: readonly number[]): Promise<string> {
    const { host } = await this.#lending()
    const inUse = (error: NodeJS.ErrnoException): void => {
      if (error.code !== 'EADDRINUSE') throw error
    }
    await Promise.all(ports.map((port) => this.#relay(port, port).then(() => {}, inUse)))
    return host
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map((opening) =>
        opening.then(
          (relay) => relay.close(),
          () => {},
        ),
      ),
    )
  }

  #lending(): Promise<ProxyBinding> {
    return (this.#found ??= this.#find())
  }

  async #relay(port: number, to: number): Promise<HostPortProxy> {
    const lending = await this.#lending()
    const key = `${port} ${to}`
    const known = this.#open.get(key) ?? openHostPortProxy({ ...lending, port, to })
    this.#open.set(key, known)
    return await known
  }
}
