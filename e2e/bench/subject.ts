import { spawn } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { opMsg } from '../../packages/services/src/wire/mongodb-probe.ts'

export const HELLO: string = opMsg('hello', 'admin')

// Milliseconds for one try.
const TRY = 200

type Said = { readonly [key: string]: string | number }

/** A script in a process of its own, which says what it has, and goes when its input ends. */
export interface Script {
  said(): Promise<Said>
  /** Its last word. */
  end(): Promise<Said>
}

export function script(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Script {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const closed = new Promise<number | null>((done) => child.once('close', done))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const said = async (): Promise<Said> => {
    const { value, done } = (await lines.next()) as IteratorResult<string>
    if (done) throw new RangeError(`${argv.join(' ')} ended with exit code ${String(await closed)}:\n${errors}`)
    return JSON.parse(value) as Said
  }
  return {
    said,
    async end() {
      child.stdin.end()
      const last = await said()
      await closed
      return last
    },
  }
}

/** Runs a program to its end; its output. */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, all] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => ((out += text), (all += text)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (all += text))
  const code = await new Promise<number | null>((done, fail) => child.once('close', done).once('error', fail))
  if (code !== 0) throw new RangeError(`${argv.join(' ')} ended with exit code ${String(code)}:\n${all}`)
  return out.trim()
}

/** Resolves when a MongoDB answers at the URL, asked every 5 ms. */
export async function answering(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const ask = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(HELLO, 'hex')))
      // A packet lost while the container's network comes up would be sent again only after a second.
      socket.setTimeout(TRY, () => socket.destroy())
      socket
        .once('data', () => (done(true), socket.destroy()))
        .once('error', () => done(false))
        .once('close', () => done(false))
    })
  while (!(await ask())) await sleep(5)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
