// As testcontainers-port.mjs, with the folders in memory and the user that moorage's preset sets.
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const { GenericContainer } = await import(process.argv[2])
const hello = Buffer.from(process.argv[3], 'hex')
const nothing = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => nothing,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
}
const memory = 'rw,exec,mode=1777,uid=999,gid=999'
const container = await new GenericContainer('mongo:6.0')
  .withExposedPorts(27017)
  .withUser('999:999')
  .withTmpFs({ '/data/db': memory, '/data/configdb': memory, '/tmp': memory })
  .withWaitStrategy(nothing)
  .start()
const [host, port] = [container.getHost(), container.getMappedPort(27017)]
while (!(await answers())) await sleep(5)
console.log(JSON.stringify({ url: `mongodb://${host}:${port}/` }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await container.stop()
    console.log(JSON.stringify({ gone: performance.now() - since }))
  })
  .resume()

function answers() {
  return new Promise((done) => {
    const socket = connect(port, host, () => socket.write(hello))
    socket
      .once('data', () => (done(true), socket.destroy()))
      .once('error', () => done(false))
      .once('close', () => done(false))
  })
}
