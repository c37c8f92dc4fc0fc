import { createServer } from 'node:http'
import sirv from 'sirv'

const [root = '.', port = '0', kind] = process.argv.slice(2)

// `dev`: every request looks at the disk, so that a test sees the build of now.
const serve = sirv(root, { dev: true, single: kind === 'spa', setHeaders: (response) => response.setHeader('Cache-Control', 'no-store') })
const server = createServer((request, response) => {
  serve(request, response, () => void response.writeHead(404).end('Not found\n'))
})
server.listen(Number(port), '127.0.0.1')
