import { expect, test } from 'vitest'
import { interpolate } from '../../packages/compose/src/variables/interpolate.ts'

const variables: { readonly [name: string]: string | undefined } = { SET: 'value', EMPTY: '', OTHER: 'x' }
const replaced = (text: string): string => interpolate(text, (name) => variables[name]).text

// Source: Compose Specification, Interpolation.
test.each([
  ['$SET', 'value'],
  ['a${SET}b', 'avalueb'],
  ['$SET.$OTHER', 'value.x'],
  ['${EMPTY:-d}', 'd'],
  ['${EMPTY-d}', ''],
  ['${UNSET:-d}', 'd'],
  ['${UNSET-d}', 'd'],
  ['${SET:-d}', 'value'],
  ['${SET:+other}', 'other'],
  ['${SET+other}', 'other'],
  ['${EMPTY:+other}', ''],
  ['${EMPTY+other}', 'other'],
  ['${UNSET+other}', ''],
  ['${UNSET:-${EMPTY:-${SET}}}', 'value'],
  ['${UNSET:-a$${b}}', 'a${b}'],
  ['${UNSET:-{"a": 1}}', '{"a": 1}'],
  ['${SET:?message}', 'value'],
  ['${EMPTY?message}', ''],
  ['$$SET', '$SET'],
  ['$${SET}', '${SET}'],
  ['cost: $5, 100$', 'cost: $5, 100$'],
  ['$UNSET', ''],
  ['${UNSET:-http://a:80/?b=c}', 'http://a:80/?b=c'],
])('%s becomes %s', (text, expected) => {
  expect(replaced(text)).toBe(expected)
})

test('names the variables without a value', () => {
  expect(interpolate('$A ${B} ${C:-$D} ${SET}', (name) => variables[name]).unset).toEqual(['A', 'B', 'D'])
})

test.each([
  ['${UNSET:?give it}', { kind: 'required', variable: 'UNSET', text: 'give it' }],
  ['${EMPTY:?}', { kind: 'required', variable: 'EMPTY', text: '' }],
  ['${UNSET?a $SET}', { kind: 'required', variable: 'UNSET', text: 'a value' }],
  ['a ${', { kind: 'invalid', text: '${' }],
  ['${}', { kind: 'invalid', text: '${}' }],
  ['${1A}', { kind: 'invalid', text: '${1A}' }],
  ['${SET!x}', { kind: 'invalid', text: '${SET!x}' }],
])('%s is a problem', (text, problem) => {
  expect(interpolate(text, (name) => variables[name]).problem).toEqual(problem)
})
