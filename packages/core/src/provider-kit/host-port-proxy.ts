import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Forwards connections to a port of this machine's loopback, for containers, which cannot dial it. */
export interface HostPortProxy {
  readonly port: number
  /** Closes the listener and every open connection. */
  close(): Promise<void>
}

export interface HostPortProxyOptions {
  /** The IP address to listen on. */
  readonly host: string
  /** The port to listen on; 0 for any free one. */
  readonly port: number
  /** The port of this machine's loopback to forward to. */
  readonly targetPort: number
  /** Whether a client with this IP address may connect. */
  admits(address: string): boolean | Promise<boolean>
}

/** The host name of this machine in containers with `hostAccess`. */
export const HOST_ACCESS_NAME = 'host.moorage.internal'

/** Rejects with EADDRINUSE if the port is in use. */
export async function openHostPortProxy({
  host,
  port,
  targetPort,
  admits,
}: HostPortProxyOptions): Promise<HostPortProxy> {
  const sockets = new Set<Socket>()
  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }
  const serve = async (client: Socket): Promise<void> => {
    if (!(await admits(client.remoteAddress ?? '')) || client.destroyed) return void client.resetAndDestroy()
    // By name, because a development server may listen on ::1 only.
    const server = track(connect({ host: 'localhost', port: targetPort, allowHalfOpen: true }))
    client.once('error', () => server.destroy()).pipe(server)
    server.once('error', () => client.resetAndDestroy()).pipe(client)
  }
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => void serve(track(client)))
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

/** Where the proxies of a session listen, and which clients they accept. */
export type ProxyBinding = Pick<HostPortProxyOptions, 'host' | 'admits'>

/** The proxies of one session. Each is opened once; `findBinding` is called before the first is opened. */
export class HostPortProxies {
  readonly #findBinding: () => Promise<ProxyBinding>
  readonly #proxies = new Map<string, Promise<HostPortProxy>>()
  #binding: Promise<ProxyBinding> | undefined

  constructor(findBinding: () => Promise<ProxyBinding>) {
    this.#findBinding = findBinding
  }

  /** Forwards a free port to a port of this machine's loopback. Returns its address. */
  async expose(port: number): Promise<{ readonly host: string; readonly port: number }> {
    const { host } = await this.#getBinding()
    return { host, port: (await this.#proxy(0, port)).port }
  }

  /**
   * Forwards each of these ports under its own number and returns the host. A port in use needs no proxy: its server
   * listens on all addresses already.
   */
  async openSamePorts(ports: readonly number[]): Promise<string> {
    const { host } = await this.#getBinding()
    const inUse = (error: NodeJS.ErrnoException): void => {
      if (error.code !== 'EADDRINUSE') throw error
    }
    await Promise.all(ports.map((port) => this.#proxy(port, port).then(() => {}, inUse)))
    return host
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#proxies.values()].map((opening) =>
        opening.then(
          (proxy) => proxy.close(),
          () => {},
        ),
      ),
    )
  }

  #getBinding(): Promise<ProxyBinding> {
    return (this.#binding ??= this.#findBinding())
  }

  async #proxy(port: number, targetPort: number): Promise<HostPortProxy> {
    const binding = await this.#getBinding()
    const key = `${port} ${targetPort}`
    const known = this.#proxies.get(key) ?? openHostPortProxy({ ...binding, port, targetPort })
    this.#proxies.set(key, known)
    return await known
  }
}
