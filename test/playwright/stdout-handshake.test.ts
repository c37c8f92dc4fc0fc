import { afterEach, expect, test } from 'vitest'
import { encodeReady, encodeStderrLines, StdoutHandshake } from '../../packages/playwright/src/stdout-handshake.ts'

afterEach(() => {
  delete process.env['HANDSHAKE_URL']
})

test('the ready line sets the variables by their own names, and only once it is complete', () => {
  const line = encodeReady({ HANDSHAKE_URL: 'http://ü' })
  expect(line).toMatch(/^[ -~]+\n$/)
  const handshake = new StdoutHandshake()
  expect(handshake.exec(line.slice(0, -1))).toBeNull()
  expect(process.env['HANDSHAKE_URL']).toBeUndefined()
  // Playwright would set a variable for each named group.
  expect(handshake.exec(`other output\n${line}`)?.groups).toBeUndefined()
  expect(process.env['HANDSHAKE_URL']).toBe('http://ü')
})

test('lines for stderr are printed once, though each chunk repeats the output so far', () => {
  const printed: string[] = []
  const { write } = process.stderr
  process.stderr.write = (text: string | Uint8Array) => printed.push(String(text)) > 0
  try {
    const handshake = new StdoutHandshake()
    const first = encodeStderrLines(['::notice::one', 'two'])
    handshake.exec(first)
    handshake.exec(`${first}${encodeStderrLines(['three'])}`)
  } finally {
    process.stderr.write = write
  }
  expect(printed).toEqual(['::notice::one\n', 'two\n', 'three\n'])
  expect(encodeStderrLines([])).toBe('')
})
