import './moorage.config.ts'
import 'moorage/vitest'
import {
  container,
  defineConfig,
  mongodb,
  npmServer,
  postgres,
  provision,
  redis,
  staticServer,
  type EndedService,
  type ErrorCode,
  type ExecResult,
  type LogLine,
  type MoorageError,
  type Progress,
  type ProgressListener,
  type Text,
} from 'moorage'
import { test as page } from 'moorage/playwright'
import { isolated, services } from 'moorage/test'
import { test } from 'moorage/vitest/test'
import { expectTypeOf, inject } from 'vitest'
import { config } from './moorage.config.ts'

const { db, app, cache, docs, web, api } = services()
expectTypeOf(db.url).toEqualTypeOf<string>()
expectTypeOf(db.port).toEqualTypeOf<number>()
expectTypeOf(db.password).toEqualTypeOf<string>()
expectTypeOf(docs.database).toEqualTypeOf<string>()
expectTypeOf(cache.password).toEqualTypeOf<string>()
expectTypeOf(web.url).toEqualTypeOf<string>()
expectTypeOf(api.host).toEqualTypeOf<string>()
expectTypeOf(app.ports.grpc.port).toEqualTypeOf<number>()
expectTypeOf(inject('moorage').app.ports.http.host).toEqualTypeOf<string>()
expectTypeOf(inject('moorage').db.database).toEqualTypeOf<string>()

const env = await provision(config)
expectTypeOf(env.endpoints.db.username).toEqualTypeOf<string>()
expectTypeOf(env.env['DB_URL']).toEqualTypeOf<string | undefined>()
expectTypeOf(env.logs('api', 10)).resolves.toEqualTypeOf<readonly LogLine[]>()
expectTypeOf(env.exec('db', ['true'])).resolves.toEqualTypeOf<ExecResult>()
expectTypeOf<MoorageError['code']>().toEqualTypeOf<ErrorCode>()
const onProgress: ProgressListener = (progress: Progress) => {
  if (progress.kind === 'exited') expectTypeOf(progress).toExtend<EndedService>()
}
await provision(config, { onProgress })
// @ts-expect-error a misspelt option
await provision(config, { onProgres: onProgress })

// @ts-expect-error a service that is not in the config
void services().nope
// @ts-expect-error a field that it does not have
void services().db.nope
// @ts-expect-error a port that it does not have
void services().app.ports.htpp
// @ts-expect-error a static site has no database
void services().web.database
// @ts-expect-error the same in Vitest's provided context
void inject('moorage').nope
// @ts-expect-error a misspelt key of the context
inject('morage')
// @ts-expect-error a service that is not in the config
void env.logs('nope')
await provision(config, { seeds: { db: async ({ password }) => void password.toUpperCase() } })
// @ts-expect-error a seed for an unknown service
await provision(config, { seeds: { bd: () => {} } })
// @ts-expect-error a needed service that is not in the config
defineConfig({ services: { api: npmServer({ needs: { bd: 'ready' } }), db: postgres() } })
// @ts-expect-error an unknown condition
npmServer({ needs: { db: 'healthy' } })
// @ts-expect-error a whole service as a value
npmServer({ env: { DB: postgres() } })
// @ts-expect-error a function as a value
npmServer({ env: { DB: () => 'x' } })
// @ts-expect-error a handle that was spread
defineConfig({ services: { db: { ...postgres(), image: 'x' } as { image: string } } })
// @ts-expect-error the folder is missing
staticServer({})
// @ts-expect-error the ports are missing
container({ image: 'x' })
// @ts-expect-error an unknown option
postgres({ versoin: '17' })

const text: Text = postgres().url
// @ts-expect-error a reference is not a string
const string: string = postgres().url
void [text, string]

expectTypeOf((await isolated('db')).database).toEqualTypeOf<string>()
expectTypeOf((await isolated('cache')).database).toEqualTypeOf<number>()
test('Vitest', ({ db, cache, docs, task }) => {
  expectTypeOf(db.password).toEqualTypeOf<string>()
  expectTypeOf(cache.database).toEqualTypeOf<number>()
  expectTypeOf(docs.url).toEqualTypeOf<string>()
  expectTypeOf(task.name).toEqualTypeOf<string>()
})
page('Playwright', ({ db, services, baseURL, page: tab }) => {
  expectTypeOf(db.database).toEqualTypeOf<string>()
  expectTypeOf(services.cache.port).toEqualTypeOf<number>()
  expectTypeOf(baseURL).toEqualTypeOf<string | undefined>()
  expectTypeOf(tab.url()).toEqualTypeOf<string>()
})
postgres({ isolate: 'test' })
mongodb({ isolate: false })
// @ts-expect-error a service that is not in the config
void isolated('nope')
// @ts-expect-error the same as a fixture of Vitest
test('Vitest', ({ nope }) => nope)
// @ts-expect-error the same as a fixture of Playwright
page('Playwright', ({ nope }) => nope)
// @ts-expect-error a field that its connection does not have
test('Vitest', ({ db }) => db.nope)
// @ts-expect-error an unknown isolation scope
redis({ isolate: 'tests' })
// @ts-expect-error a static site cannot be isolated
staticServer({ root: '.', isolate: 'test' })
