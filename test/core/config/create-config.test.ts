import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  container,
  defineConfig,
  docker,
  mongodb,
  npmServer,
  postgres,
  plainProcess as plain,
  redis,
  ref,
  staticServer,
  type AnyConfig,
  type AnyService,
  type Env,
} from '../../../packages/moorage/src/index.ts'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { providerNamed } from '../../../packages/core/src/config/provider-option.ts'
import { thrownMessage } from '../../thrown-error.ts'

const root = mkdtempSync(join(tmpdir(), 'moorage-config-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

// What a .js config can say, and TypeScript would not let pass.
const untyped = (services: unknown): AnyConfig =>
  defineConfig({ root, services: services as { [name: string]: AnyService } })
const planned = (services: unknown, env: { [name: string]: string } = {}): unknown => createPlan(untyped(services), env)
const circle = (): AnyConfig =>
  defineConfig({
    root,
    services: {
      a: npmServer({ needs: { b: 'ready' } }),
      b: npmServer({ needs: { c: 'started' } }),
      c: npmServer({ needs: { a: 'ready' } }),
    },
  })

const cases: { readonly [what: string]: readonly [work: () => unknown, text: string] } = {
  'a needed name that is not there': [
    () => planned({ api: npmServer({ needs: { bd: 'ready' } }), db: postgres() }),
    'CONFIG_INVALID\nservices.api.needs.bd: the config has no service of that name.\nIts services are api, db.',
  ],
  'a needed name that every object has': [
    () => planned({ api: npmServer({ needs: { toString: 'ready' } as object }) }),
    'CONFIG_INVALID\nservices.api.needs.toString: the config has no service of that name.\nIts services are api.',
  ],
  'a deadline that is none': [
    () => planned({ api: npmServer({ deadlines: { ready: '5s' as unknown as number } }) }),
    'CONFIG_INVALID\nservices.api.deadlines.ready: "5s" is not a duration.\nGive milliseconds.',
  ],
  'a deadline of no phase': [
    () => planned({ api: npmServer({ deadlines: { readdy: 500 } as object }) }),
    'CONFIG_INVALID\nservices.api.deadlines.readdy: there is no such phase.\nThe phases are admit, build, schedule, pull, start, ready.',
  ],
  'a provider by its name': [
    () => defineConfig({ provider: 'docker' as unknown as ReturnType<typeof docker>, services: { db: redis() } }),
    'CONFIG_INVALID\nprovider: "docker" is not a provider.\nImport one and call it: import { docker } from \'moorage\', then provider: docker().',
  ],
  'a provider that is not called': [
    () => defineConfig({ provider: docker as unknown as ReturnType<typeof docker>, services: { db: redis() } }),
    "CONFIG_INVALID\nprovider: a function is not a provider.\nImport one and call it: import { docker } from 'moorage', then provider: docker().",
  ],
  'a key that every object has': [
    () => untyped({ constructor: redis() }),
    'CONFIG_INVALID\nservices.constructor: every JavaScript object has a property of that name.\nRename the key.',
  ],
  'a key __proto__, which sets the prototype': [
    () => untyped({ __proto__: redis(), db: postgres() }),
    "CONFIG_INVALID\nservices is not a plain object.\nWrite services: { db: postgres() }. '__proto__' cannot be a key.",
  ],
  'services as a list': [
    () => untyped([redis()]),
    "CONFIG_INVALID\nservices is not a plain object.\nWrite services: { db: postgres() }. '__proto__' cannot be a key.",
  ],
  'a URL as a value': [
    () => untyped({ api: npmServer({ env: { API: new URL('http://a/') as unknown as string } }) }),
    'CONFIG_INVALID\nservices.api.env.API is a URL, but a service consists of plain data.\nWrite its text: url.href.',
  ],
  'a Date as a value': [
    () => untyped({ api: npmServer({ env: { SINCE: new Date(0) as unknown as string } }) }),
    'CONFIG_INVALID\nservices.api.env.SINCE is a Date, but a service consists of plain data.\nWrite its text: date.toISOString().',
  ],
  'a Map as an option': [
    () => untyped({ api: container({ image: 'x', ports: {}, env: new Map() as unknown as Env }) }),
    'CONFIG_INVALID\nservices.api.env is a Map, but a service consists of plain data.\nGive a string, a number, or the path of a module.',
  ],
  'null as a variable': [
    () => planned({ api: npmServer({ env: { A: null as unknown as string } }) }),
    'CONFIG_INVALID\nservices.api.env.A is null, but must be text.\nGive a string, a number or a reference, or omit it.',
  ],
  'an array as a variable': [
    () => planned({ api: npmServer({ env: { A: ['x'] as unknown as string } }) }),
    "CONFIG_INVALID\nservices.api.env.A is an array, but must be text.\nJoin its items: [ … ].join(',').",
  ],
  'true as a variable': [
    () => planned({ api: npmServer({ env: { DEBUG: true as unknown as string } }) }),
    "CONFIG_INVALID\nservices.api.env.DEBUG is true, but must be text.\nWrite 'true', or what the program expects.",
  ],
  'an object as a variable': [
    () => planned({ api: npmServer({ env: { A: { b: 1 } as unknown as string } }) }),
    'CONFIG_INVALID\nservices.api.env.A is an object, but must be text.\nWrite its text: JSON.stringify(…).',
  ],
  'null in a command': [
    () => planned({ api: container({ image: 'x', ports: {}, command: ['a', null as unknown as string] }) }),
    'CONFIG_INVALID\nservices.api.command[1] is null, but must be text.\nGive a string, a number or a reference, or omit it.',
  ],
  'a command that is no list': [
    () => planned({ api: container({ image: 'x', ports: {}, command: 'sleep 1' as unknown as [] }) }),
    "CONFIG_INVALID\nservices.api.command is \"sleep 1\", but must be a list of strings.\nWrite one item for each argument, such as ['node', 'server.js'].",
  ],
  'a list as env': [
    () => planned({ api: container({ image: 'x', ports: {}, env: ['A=1'] as unknown as Env }) }),
    "CONFIG_INVALID\nservices.api.env is an array, but must be an object of variables.\nWrite env: { NAME: 'value' }.",
  ],
  'a path without its slash': [
    () => npmServer({ path: 'health' }),
    "CONFIG_INVALID\nnpmServer({ path }): 'health' is not a path.\nBegin it with a slash, such as '/health'.",
  ],
  'a condition that is none': [
    () => planned({ api: npmServer({ needs: { db: 'healthy' as 'ready' } }), db: postgres() }),
    "CONFIG_INVALID\nservices.api.needs.db: 'healthy' is not a condition.\nUse 'started', 'ready' or 'completed'.",
  ],
  'a list of needs': [
    () => planned({ api: npmServer({ needs: ['db'] as unknown as { db: 'ready' } }), db: postgres() }),
    "CONFIG_INVALID\nservices.api.needs is not an object of conditions by service.\nWrite needs: { db: 'ready' }.",
  ],
  'a reference by data to a name that is not there': [
    () =>
      createPlan(
        {
          ...untyped({ db: redis() }),
          services: { api: { preset: 'x', ports: {}, process: { connection: { url: { $ref: ['bd', 'url'] } } } } },
        } as AnyConfig,
        {},
      ),
    "CONFIG_INVALID\nservices.api refers to 'bd': the config has no service of that name.\nIts services are api.",
  ],
  'a circle': [
    () => createPlan(circle(), {}),
    'CONFIG_INVALID\nservices.a → services.b → services.c → services.a: these services need each other in a cycle, so none can start first.\nRemove one reference or one entry in needs.',
  ],
  'one service under two names': [
    () => {
      const db = postgres()
      return planned({ db, again: db })
    },
    'CONFIG_INVALID\nservices.again and services.db are the same service.\nCall the preset once for each of them.',
  ],
  'a handle that was spread': [
    () => planned({ db: { ...postgres() } }),
    "CONFIG_INVALID\nservices.db is not a service.\nThe result of a preset cannot be spread or copied. Pass the options to the preset, as in postgres({ version: '17' }).",
  ],
  'a whole service as a value': [
    () => {
      const db = postgres()
      return planned({ db, api: npmServer({ env: { DB: db as unknown as string } }) })
    },
    'CONFIG_INVALID\nservices.api.env.DB is a service.\nUse one of its fields, such as db.url.',
  ],
  'a function': [
    () => planned({ api: npmServer({ env: { DB: (() => 'x') as unknown as string } }) }),
    'CONFIG_INVALID\nservices.api.env.DB is a function, but a service consists of plain data.\nGive a string, a number, or the path of a module.',
  ],
  'a number that is none': [
    () => planned({ api: npmServer({ env: { N: Number.NaN } }) }),
    'CONFIG_INVALID\nservices.api.env.N is NaN.\nGive a finite number.',
  ],
  'a key that cannot be a name': [
    () => planned({ 'my db': postgres() }),
    'CONFIG_INVALID\nservices.my db: a service key must start with a letter and contain only letters, digits and dashes, at most 30 characters.\nRename the key.',
  ],
  'keys that differ only in case': [
    () => planned({ db: postgres(), DB: postgres() }),
    'CONFIG_INVALID\nservices.DB and services.db differ only in case.\nRename one of them: host names are case-insensitive.',
  ],
  'no services': [
    () => planned({}),
    'CONFIG_INVALID\nservices is empty.\nAdd at least one: services: { db: postgres() }.',
  ],
  'two services with one variable': [
    () => planned({ a: postgres({ as: 'DATABASE_URL' }), b: postgres({ as: 'DATABASE_URL' }) }),
    "CONFIG_INVALID\nservices.b and services.a both set DATABASE_URL.\nSet another variable for one of them: as: 'OTHER_URL'.",
  ],
  'two names that make one variable': [
    () => planned({ mainDb: postgres(), 'main-db': postgres() }),
    "CONFIG_INVALID\nservices.main-db and services.mainDb both set MAIN_DB_URL.\nSet another variable for one of them: as: 'OTHER_URL'.",
  ],
  'a variable that cannot be one': [
    () => planned({ db: postgres({ as: 'DB-URL' }) }),
    "CONFIG_INVALID\nservices.db.as: 'DB-URL' cannot be the name of an environment variable.\nUse letters, digits and underscores, as in 'MONGODB_URL'.",
  ],
  'a file that is missing': [
    () => planned({ db: postgres({ seed: 'schema.sql' }) }),
    `CONFIG_INVALID\nservices.db.seed: ${root}/schema.sql does not exist.\nCreate it (a build may have to run first), or correct the path.`,
  ],
  'a folder that is not built yet': [
    () => planned({ web: staticServer({ root: 'dist' }) }),
    `CONFIG_INVALID\nservices.web.root: ${root}/dist does not exist.\nCreate it (a build may have to run first), or correct the path.`,
  ],
  'a span of isolation that is none': [
    () => postgres({ isolate: 'tests' as 'test' }),
    "CONFIG_INVALID\npostgres({ isolate }): 'tests' is not an isolation scope.\nUse 'worker', 'file', 'test' or false.",
  ],
  'isolation that is switched on': [
    () => redis({ isolate: true as unknown as 'test' }),
    "CONFIG_INVALID\nredis({ isolate }): 'true' is not an isolation scope.\nUse 'worker', 'file', 'test' or false.",
  ],
  'an isolated static site': [
    () => staticServer({ root: '.', isolate: 'test' } as { root: string }),
    'CONFIG_INVALID\nstaticServer({ isolate }): only postgres, mongodb and redis support isolation.\nRemove the option.',
  ],
  'an isolated server': [
    () => npmServer({ isolate: 'worker' } as object),
    'CONFIG_INVALID\nnpmServer({ isolate }): only postgres, mongodb and redis support isolation.\nRemove the option.',
  ],
  'an isolated container': [
    () =>
      container({ image: 'mysql:9', ports: { main: 3306 }, isolate: 'file' } as {
        image: string
        ports: { main: number }
      }),
    'CONFIG_INVALID\ncontainer({ isolate }): only postgres, mongodb and redis support isolation.\nRemove the option.',
  ],
  'isolation without a driver of MongoDB': [
    () => planned({ docs: mongodb({ isolate: 'test' }) }),
    'CONFIG_INVALID\nservices.docs.isolate needs a driver, but the project has no mongodb.\nnpm install --save-dev mongodb',
  ],
  'a given URL that is none': [
    () => planned({ db: postgres() }, { DB_URL: 'secret!' }),
    'CONFIG_INVALID\nDB_URL is set, but its value is not a URL.\nUnset DB_URL to let moorage start services.db, or set it to the URL of a running service.',
  ],
  'an unknown provider': [
    () => providerNamed('podman', [docker(), plain()]),
    "USAGE\nMOORAGE_PROVIDER is 'podman', which is not the name of a provider.\nUnset it, or set it to one of docker, process.",
  ],
  'an image and a version': [
    () => mongodb({ image: 'mongo:7', version: '8' }),
    'CONFIG_INVALID\nmongodb({ image, version }): the two options cannot be combined.\nRemove one of them; an image includes its tag.',
  ],
  'a version that is no tag': [
    () => redis({ version: '7 alpine' }),
    "CONFIG_INVALID\nredis({ version }): '7 alpine' is not a valid image tag.\nGive a tag of the official image, such as '7'.",
  ],
  'an empty image': [
    () => postgres({ image: '' }),
    "CONFIG_INVALID\npostgres({ image }) is empty.\nGive an image, such as 'postgres:17'.",
  ],
  'an empty image of a container': [
    () => container({ image: '', ports: {} }),
    "CONFIG_INVALID\ncontainer({ image }) is empty.\nGive an image, such as 'nginx:1.28'.",
  ],
  'a port that is none': [
    () => container({ image: 'x', ports: { http: 70_000 } }),
    'CONFIG_INVALID\ncontainer({ ports: { http } }): 70000 is not a port.\nGive the port that the image listens on, from 1 to 65535.',
  ],
  'a UDP port': [
    () => container({ image: 'x', ports: { dns: '53/udp' as unknown as number } }),
    'CONFIG_INVALID\ncontainer({ ports: { dns } }): 53/udp is a UDP port.\nTests reach services by TCP only, since no forward of Kubernetes carries UDP. Give a TCP port. For the UDP port, which other services reach by the host name, write udpPorts.',
  ],
  'a fixed port that is none': [
    () => npmServer({ port: -1 }),
    'CONFIG_INVALID\nnpmServer({ port }): -1 is not a port.\nGive a number from 1 to 65535, or omit it to use a free one.',
  ],
  'a placement that is none': [
    () => npmServer({ placement: 'docker' as 'host' }),
    "CONFIG_INVALID\nnpmServer({ placement }): 'docker' is not a placement.\nUse 'provider' to run it where the other services run, or 'host' to run it beside the tests.",
  ],
  'a Node of its own beside the tests': [
    () => npmServer({ version: '22' }),
    "CONFIG_INVALID\nnpmServer({ version }): with placement 'host', the installed Node runs the server.\nRemove version, or add placement: 'provider'.",
  ],
  'a package folder that is missing': [
    () => planned({ api: npmServer({ cwd: 'api', placement: 'provider' }) }),
    `CONFIG_INVALID\nservices.api.cwd: ${root}/api does not exist.\nCreate it (a build may have to run first), or correct the path.`,
  ],
  'a lent port that is none': [
    () => container({ image: 'x', ports: {}, hostAccess: [3000, 0] }),
    'CONFIG_INVALID\ncontainer({ hostAccess }): 0 is not a port.\nList ports of this machine, such as [3000], or use true for the host name alone.',
  ],
  'no lent port at all': [
    () => container({ image: 'x', ports: {}, hostAccess: [] }),
    'CONFIG_INVALID\ncontainer({ hostAccess }): [] is not a port.\nList ports of this machine, such as [3000], or use true for the host name alone.',
  ],
  'a site without a folder': [
    () => staticServer({ root: '' }),
    "CONFIG_INVALID\nstaticServer({ root }) is empty.\nGive the folder of built files, such as 'dist'.",
  ],
  'a base path without its slashes': [
    () => staticServer({ root: '.', base: 'app' }),
    "CONFIG_INVALID\nstaticServer({ base }): 'app' is not a base path.\nBegin and end it with a slash, such as '/app/'.",
  ],
  'a base path that leads upwards': [
    () => staticServer({ root: '.', base: '/app/../' }),
    "CONFIG_INVALID\nstaticServer({ base }): '/app/../' is not a base path.\nBegin and end it with a slash, such as '/app/'.",
  ],
  'a database that cannot be one': [
    () => postgres({ database: 'a b' }),
    "CONFIG_INVALID\npostgres({ database }): 'a b' is not a valid name.\nBegin it with a letter or _, then use letters, digits, - and _, at most 63 characters.",
  ],
  'a Mongo database that cannot be one': [
    () => mongodb({ database: 'a/b' }),
    "CONFIG_INVALID\nmongodb({ database }): 'a/b' is not a valid database name.\nUse letters, digits, - and _.",
  ],
  'a seed that is no module': [
    () => mongodb({ seed: 'users.sql' }),
    "CONFIG_INVALID\nmongodb({ seed }): 'users.sql' is not a module.\nGive the path of a .ts or .js file that exports seed(connection).",
  ],
  'a seed that is neither module nor SQL': [
    () => postgres({ seed: 'users.csv' }),
    "CONFIG_INVALID\npostgres({ seed }): 'users.csv' is neither a module nor an SQL file.\nGive the path of a .ts or .js file that exports seed(connection), of a .sql or .sql.gz file, or of a folder of them.",
  ],
  'a list of seeds with a file that is none': [
    () => postgres({ seed: ['./migrations', 'a.sql', 'b.sql.gz', 'c.ts', 'users.csv'] }),
    "CONFIG_INVALID\npostgres({ seed }): 'users.csv' is neither a module nor an SQL file.\nGive the path of a .ts or .js file that exports seed(connection), of a .sql or .sql.gz file, or of a folder of them.",
  ],
  'an empty list of seeds': [
    () => postgres({ seed: [] }),
    'CONFIG_INVALID\npostgres({ seed }): the list is empty.\nGive at least one path, or remove the option.',
  ],
  'a list of seeds with a file that is absent': [
    () => planned({ db: postgres({ seed: ['absent.sql'] }) }),
    `CONFIG_INVALID\nservices.db.seed: ${root}/absent.sql does not exist.\nCreate it (a build may have to run first), or correct the path.`,
  ],
  'a reference made into text': [
    () => `${postgres().url as unknown as string}/x`,
    'CONFIG_INVALID\npostgres().url has no value until the service runs.\nIn a config write ref`${postgres().url}…`. In a test call services().',
  ],
}

test.each(Object.entries(cases))('%s', async (_what, [work, text]) => {
  expect(await thrownMessage(work)).toBe(text)
})

test('a service that is used but not in the config: where it was made', async () => {
  const lost = redis()
  const text = await thrownMessage(() =>
    planned({ db: postgres(), api: npmServer({ env: { CACHE: ref`${lost.url}/1` } }) }),
  )
  expect(text.replace(`${process.cwd()}/`, '').replace(/:\d+:\d+/, ':line')).toBe(
    'CONFIG_INVALID\nservices.api.env.CACHE uses redis().url (created at test/core/config/create-config.test.ts:line), but that service is not in the config.\nAdd it to services, which has db, api.',
  )
})

test('a field that the service does not have', async () => {
  const config = defineConfig({ root, services: { db: redis(), api: npmServer() } })
  const api = { ...config.services.api, process: { connection: {}, env: { X: { $ref: ['db', 'username'] } } } }
  expect(
    await thrownMessage(() =>
      createPlan({ ...config, services: { ...config.services, api } } as unknown as AnyConfig, {}),
    ),
  ).toBe(
    'CONFIG_INVALID\nservices.api uses db.username, which services.db does not have.\nIts fields are host, port, password, database, url.',
  )
})

test('a relative root is relative to the file that says it', () => {
  expect(defineConfig({ root: '..', services: { db: redis() } }).root).toBe(resolve(import.meta.dirname, '..'))
})
