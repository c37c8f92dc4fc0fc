import { createServer, type AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Bench } from './result.ts'
import { run, script } from './subject.ts'

const modules = pathToFileURL(resolve('packages/moorage/dist/lib/core/src/runner.js')).href

/** provision() of a service that is given: the plan, the supervisor, one connection. In processes of their own. */
export const supervisor: Bench = {
  name: 'supervisor',
  title: 'provision() of a given service',
  subjects: { provision: measureBoth, up: measureStanding },
  targets: [
    { subject: 'new supervisor', limit: 80 },
    { subject: 'attach', limit: 10 },
    { subject: 'attach after moorage up', limit: 10 },
  ],
}

const STANDING = resolve('e2e/bench/subjects/stands/moorage.config.mjs')

/** A service that runs, left by `moorage up`: it is asked whether it still answers before its URL is given. */
async function measureStanding(): Promise<{ [row: string]: number }> {
  const moorage = (command: string): Promise<string> =>
    run([process.execPath, 'packages/moorage/bin/moorage.mjs', command, '--config', STANDING])
  await moorage('up')
  try {
    const attaching = script([process.execPath, 'e2e/bench/subjects/attach.mjs', modules, pathToFileURL(STANDING).href])
    const { took } = await attaching.said()
    await attaching.end()
    return { 'attach after moorage up': Number(took) }
  } finally {
    await moorage('down')
  }
}

async function measureBoth(): Promise<{ [row: string]: number }> {
  // A greeting: the probe of a given service need not wait whether the connection lives.
  const server = createServer((socket) => socket.on('error', () => {}).write('hello'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const env = { BENCH_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
  const start = (): ReturnType<typeof script> =>
    script([process.execPath, 'e2e/bench/subjects/attach.mjs', modules], env)
  try {
    const first = start()
    const { took: made } = await first.said()
    const second = start()
    const { took: attached } = await second.said()
    await second.end()
    const { gone } = await first.end()
    return { 'new supervisor': Number(made), attach: Number(attached), 'last one leaves': Number(gone) }
  } finally {
    server.close()
  }
}
