import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { defineConfig, postgres, plainProcess as plain, provision } from 'moorage'
import { isolated } from 'moorage/test'

// The driver is that of a project of a user's.
const root = resolve('e2e/fixtures/isolation')
const { Client } = createRequire(join(root, 'package.json'))('pg')
const seed = 'twelve-megabytes.sql'
const config = defineConfig({ root, provider: plain(), services: { db: postgres({ seed, isolate: 'test' }) } })
await using env = await provision(config, { onProgress: () => {} })
Object.assign(process.env, env.env)

async function connect(url) {
  const client = new Client({ connectionString: url })
  // Sessions are ended with their database.
  client.on('error', () => {})
  await client.connect()
  return client
}

async function took(work) {
  const since = performance.now()
  await work()
  return performance.now() - since
}

const shared = await connect(env.endpoints.db.url)
const { rows } = await shared.query('SELECT pg_database_size(current_database()) AS bytes')
await shared.end()

const made = await took(() => isolated('db'))
const reset = await took(() => isolated('db'))
const left = await connect((await isolated('db')).url)
await left.query('UPDATE articles SET text = text WHERE number < 100')
const ended = await took(() => isolated('db'))
const anew = await took(async () => {
  const admin = await connect(env.endpoints.db.url)
  await admin.query('CREATE DATABASE anew')
  await admin.end()
  const client = await connect(env.endpoints.db.url.replace(/\/test$/, '/anew'))
  await client.query(await readFile(join(root, seed), 'utf8'))
  await client.end()
})
console.log(JSON.stringify({ megabytes: Number(rows[0].bytes) / 1e6, made, reset, ended, anew }))
