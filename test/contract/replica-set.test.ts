import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { defineConfig, mongodb, plainProcess, provision } from '../../packages/moorage/src/index.ts'

const root = mkdtempSync(join(tmpdir(), 'moorage-replica-set-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

// A stand-in, since no server in the test bed has replica sets.
test('replicaSet: the server gets its name, and the seed and the tests find a member that accepts writes', async () => {
  const main = resolve('test/services/prepare/mongod-main.ts')
  writeFileSync(join(root, 'mongod'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(join(root, 'mongod'), 0o755)
  vi.stubEnv('PATH', `${root}:${process.env['PATH']}`)
  const client = resolve('packages/services/src/wire/mongodb-client.ts')
  writeFileSync(
    join(root, 'seed.ts'),
    `import { MongodbClient } from '${client}'
export async function seed({ url }) {
  using client = await MongodbClient.open(url)
  const { isWritablePrimary } = await client.command({ hello: 1 })
  if (!isWritablePrimary) throw new Error('not yet')
  await client.command({ seeded: 1 })
}`,
  )
  const { MOORAGE: _, ...own } = process.env
  const env = await provision(
    defineConfig({
      root,
      provider: plainProcess(),
      services: { db: mongodb({ replicaSet: true, seed: './seed.ts' }) },
    }),
    {
      env: {
        ...own,
        CI: '',
        MOORAGE_PROVIDER: '',
        MOORAGE_CACHE_DIR: join(root, 'cache'),
        MOORAGE_SUPERVISOR: 'inline',
      },
      onProgress: () => {},
    },
  )
  try {
    const { host, port, url } = env.endpoints.db
    expect(url).toBe(`mongodb://${host}:${port}/test?directConnection=true`)
    const lines = (await env.logs('db')).map(({ text }) => text)
    const initiate = { replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `${host}:${port}` }] } }
    const told = lines.filter((line) => !line.includes('"hello"'))
    expect(told).toEqual([`rs0 ${JSON.stringify(initiate)}`, 'rs0 {"seeded":1}'])
  } finally {
    await env.dispose()
  }
})
