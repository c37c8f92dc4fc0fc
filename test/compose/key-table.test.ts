import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { KEY_TABLE } from '../../packages/compose/src/keys/key-table.ts'

interface Schema {
  readonly $ref?: string
  readonly properties?: { readonly [key: string]: Schema }
  readonly patternProperties?: { readonly [pattern: string]: Schema }
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly $defs?: { readonly [name: string]: Schema }
}

const schema = JSON.parse(readFileSync('packages/compose/schema/compose-spec.json', 'utf8')) as Schema
const rows = new Map(KEY_TABLE.map((row) => [row.key, row]))

/** Every key of the schema; what stands below a key that is refused or warned about belongs to that key. */
function keysOf(node: Schema, path = ''): readonly string[] {
  const row = rows.get(path)
  if (row && (row.treatment !== 'mapped' || row.open)) return []
  const { $ref, properties = {}, patternProperties = {}, items, allOf = [], oneOf = [], anyOf = [] } = node
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const target = $ref === undefined ? undefined : schema.$defs?.[$ref.split('/').at(-1) ?? '']
  return [
    ...(target ? keysOf(target, path) : []),
    ...[...allOf, ...oneOf, ...anyOf].flatMap((branch) => keysOf(branch, path)),
    ...(items ? keysOf(items, `${path}[]`) : []),
    ...Object.entries(properties).flatMap(([key, value]) => [at(key), ...keysOf(value, at(key))]),
    ...Object.entries(patternProperties).flatMap(([pattern, value]) =>
      pattern === '^x-' ? [] : keysOf(value, at('*')),
    ),
  ]
}

test('every key of the JSON schema has a row', () => {
  const keys = new Set(keysOf(schema))
  expect(keys.size).toBeGreaterThan(200)
  expect([...keys].filter((key) => !rows.has(key))).toEqual([])
})

test('and the check can fail', () => {
  const more: Schema = { properties: { services: { patternProperties: { '.': { properties: { offender: {} } } } } } }
  expect(keysOf(more).filter((key) => !rows.has(key))).toEqual(['services.*.offender'])
})

test('every row is a key of the JSON schema, once', () => {
  const keys = new Set(keysOf(schema))
  const own = (key: string): boolean => key.endsWith('x-moorage') || key === 'services.*'
  expect(KEY_TABLE.map(({ key }) => key).filter((key) => !keys.has(key) && !own(key))).toEqual([])
  expect(rows.size).toBe(KEY_TABLE.length)
})

test('a row says what it means, and what to do instead', () => {
  for (const { key, treatment, note, alternative } of KEY_TABLE) {
    expect(note, key).toMatch(/\S/)
    if (treatment !== 'mapped') expect(alternative, key).toMatch(/^[A-Z].*\.$/)
  }
})
