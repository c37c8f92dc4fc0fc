import { createServer } from 'node:http'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })

createServer(async (request, response) => {
  try {
    const { rows } = await pool.query(request.url === '/health' ? 'SELECT 1' : 'SELECT text FROM notes ORDER BY id')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(rows.map(({ text }) => text)))
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
}).listen(Number(process.env.PORT), process.env.HOST)
