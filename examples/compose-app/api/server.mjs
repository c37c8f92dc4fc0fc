import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { MongoClient } from 'mongodb'

const client = new MongoClient(process.env.MONGODB_URL)
const notes = client.db().collection('notes')

const routes = {
  'GET /api/health': async () => await client.db().command({ ping: 1 }),
  'GET /api/notes': async () => (await notes.find().sort({ _id: 1 }).toArray()).map(({ text }) => text),
  'POST /api/notes': async (request) => {
    const { text } = await json(request)
    await notes.insertOne({ text })
    return { text }
  },
}

createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  if (!route) return void response.writeHead(404).end()
  try {
    const answer = await route(request)
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer))
  } catch (error) {
    response.writeHead(503).end(error.message)
  }
}).listen(process.env.PORT)
