import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { MongoClient } from 'mongodb'

const notes = new MongoClient(process.env.MONGODB_URL).db().collection('notes')

createServer(async (request, response) => {
  response.setHeader('Access-Control-Allow-Origin', '*')
  if (request.method === 'POST') {
    await notes.insertOne({ text: (await json(request)).text })
    response.writeHead(201).end()
  } else {
    const all = await notes.find().sort({ _id: 1 }).toArray()
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(all.map(({ text }) => text)))
  }
}).listen(Number(process.env.PORT), process.env.HOST)
