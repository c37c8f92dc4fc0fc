// Programs whose children leave the process group. Usage: stray.mjs <role> <port>
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

const [role, port] = process.argv.slice(2)
const start = (nextRole, options) => spawn(process.execPath, [import.meta.filename, nextRole, port], options)

const roles = {
  // As daemons do: a child in a session of its own (`detached` calls setsid) starts another one and ends.
  'forks-twice': () => begin('forks-again'),
  'forks-again': () => {
    start('holds', { detached: true, stdio: 'ignore' })
    process.exit()
  },
  // Ends before its child.
  'dies-early': () => begin('holds', () => process.exit(3)),
  // Ignores its stop signal, and starts children faster than a search finds them.
  breeds: () => {
    process.on('SIGTERM', () => {})
    begin('breeds-on')
  },
  'breeds-on': () => {
    process.on('SIGTERM', () => {})
    setInterval(() => start('sleeps', { detached: true, stdio: 'ignore' }), 20)
    start('holds-on', { detached: true, stdio: 'ignore' })
  },
  sleeps: () => {
    process.on('SIGTERM', () => {})
    setTimeout(() => {}, 60_000)
  },
  holds: () => createServer().listen(Number(port), '127.0.0.1'),
  'holds-on': () => {
    process.on('SIGTERM', () => {})
    createServer().listen(Number(port), '127.0.0.1')
  },
}

function begin(nextRole, onListening = () => {}) {
  start(nextRole, { detached: true, stdio: 'ignore' })
  const poll = setInterval(async () => {
    if (!(await portIsOpen())) return
    clearInterval(poll)
    console.log('up')
    onListening()
    setInterval(() => {}, 1_000)
  }, 20)
}

async function portIsOpen() {
  const { connect } = await import('node:net')
  return await new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy())
  })
}

roles[role]()
