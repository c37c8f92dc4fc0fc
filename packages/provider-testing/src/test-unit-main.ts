import { connect, createServer } from 'node:net'

const [behavior = '', first, second] = process.argv.slice(2)

const behaviors: { readonly [name: string]: () => unknown } = {
  echo: () =>
    createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(Number(first), '127.0.0.1', () => {
      console.log('listening')
      console.error('warned')
    }),
  output: () => process.stdout.write(`out\n${'x'.repeat(100_000)}\nlast`),
  crash: () => {
    console.error('broken')
    process.exitCode = 3
  },
  silent: () => setInterval(() => {}, 1_000),
  connect() {
    const socket = connect({ host: first ?? '', port: Number(second) }, () => socket.write('ping'))
    socket.on('data', (data) => {
      console.log(String(data))
      process.exit(0)
    })
  },
}
behaviors[behavior]?.()
