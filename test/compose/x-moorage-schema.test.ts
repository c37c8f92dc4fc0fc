import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { messageOfCall, projectFolder } from './project-files.ts'
import { readServices } from '../../packages/compose/src/compose.ts'

interface Schema {
  readonly properties: { readonly [key: string]: { readonly enum?: readonly string[] } }
}

const schema = JSON.parse(readFileSync('packages/compose/schema/x-moorage.json', 'utf8')) as {
  readonly service: Schema
  readonly file: Schema
}

/** The keys or values that a message lists. */
function listed(text: string): readonly string[] {
  const message = messageOfCall(() => readServices([`${projectFolder({ 'compose.yaml': text })}/compose.yaml`]))
  return (/are (.*)\.$/.exec(message)?.[1] ?? '').split(', ').toSorted()
}

test('the schema for editors has the keys and presets that the reader knows', () => {
  const ofService = listed('services: { a: { image: x, x-moorage: { qqqqqqq: 1 } } }\n')
  expect(Object.keys(schema.service.properties).toSorted()).toEqual(ofService)
  const ofFile = listed('x-moorage: { qqqqqqq: 1 }\nservices: { a: { image: x } }\n')
  expect(Object.keys(schema.file.properties).toSorted()).toEqual(ofFile)
  const presets = listed('services: { a: { image: x, x-moorage: { preset: qqqqqqq } } }\n')
  expect(schema.service.properties['preset']?.enum?.toSorted()).toEqual(presets)
})
