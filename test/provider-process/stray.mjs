// Programs that slip away from whoever started them. Usage: stray.mjs <role> <port>
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

const [role, port] = process.argv.slice(2)
const run = (next, options) => spawn(process.execPath, [import.meta.filename, next, port], options)

const roles = {
  // Daemons: a child in a session of its own (`detached` is setsid), which starts another one and ends.
  'forks-twice': () => begin('forks-again'),
  'forks-again': () => {
    run('holds', { detached: true, stdio: 'ignore' })
    process.exit()
  },
  // Leaves its child behind.
  'dies-early': () => begin('holds', () => process.exit(3)),
  // Ignores its stop signal, and bears children faster than one looks.
  breeds: () => {
    process.on('SIGTERM', () => {})
    begin('breeds-on')
  },
  'breeds-on': () => {
    process.on('SIGTERM', () => {})
    setInterval(() => run('sleeps', { detached: true, stdio: 'ignore' }), 20)
    run('holds', { detached: true, stdio: 'ignore' })
  },
  sleeps: () => {
    process.on('SIGTERM', () => {})
    setTimeout(() => {}, 60_000)
  },
  holds: () => {
    process.on('SIGTERM', () => {})
    createServer().listen(Number(port), '127.0.0.1')
  },
}

function begin(next, then = () => {}) {
  run(next, { detached: true, stdio: 'ignore' })
  const look = setInterval(async () => {
    if (!(await listens())) return
    clearInterval(look)
    console.log('up')
    then()
    setInterval(() => {}, 1_000)
  }, 20)
}

async function listens() {
  const { connect } = await import('node:net')
  return await new Promise((done) => {
    const socket = connect(Number(port), '127.0.0.1', () => done(true))
    socket.once('error', () => done(false)).once('connect', () => socket.destroy())
  })
}

roles[role]()
