import './compose-services.d.ts'
import { defineConfig, npmServer, provision, type Ref } from 'moorage'
import { compose } from 'moorage/compose'
import { expectTypeOf } from 'vitest'

const stack = compose('compose.yaml', { types: './compose-services.d.ts' })
expectTypeOf(stack.db.url).toEqualTypeOf<Ref<string>>()
const config = defineConfig({ services: { ...stack, api: npmServer({ env: { DB: stack.db.password } }) } })
const { endpoints } = await provision(config)
expectTypeOf(endpoints.db.password).toEqualTypeOf<string>()
expectTypeOf(endpoints['db-web'].ports.admin.port).toEqualTypeOf<number>()
// @ts-expect-error The file has no service of that name.
void endpoints.dbb

// Without a file of declarations, any name counts.
const any = compose('other.yaml')
void defineConfig({ services: any })
void defineConfig({ services: compose(['a.yaml', 'b.yaml']) })
void defineConfig({ services: compose() })
