// The echo service of the contract suite, as a program; `talk`, `crash` and `mute` are its other lives.
import { createServer, connect } from 'node:net'

const [life, host, port] = process.argv.slice(2)

const lives = {
  echo: () =>
    createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(Number(host), '127.0.0.1', () => {
      console.log('listening')
      console.error('warned')
    }),
  talk: () => process.stdout.write(`out\n${'x'.repeat(100_000)}\nlast`),
  crash: () => {
    console.error('broken')
    process.exitCode = 3
  },
  mute: () => setInterval(() => {}, 1_000),
  connect: () =>
    connect(Number(port), host, function () {
      this.write('ping')
    }).on('data', (data) => {
      console.log(String(data))
      process.exit(0)
    }),
}
lives[life]()
