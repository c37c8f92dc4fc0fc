// Start of one MongoDB by testcontainers with a wait of one's own: any answer on the published port, asked every 5 ms.
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
const container = await new GenericContainer('mongo:6.0').withExposedPorts(27017).withWaitStrategy(nothing).start()
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
