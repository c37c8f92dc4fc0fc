import { expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { container, defineConfig, ref, redis, type Probe } from '../../../packages/moorage/src/index.ts'
import { resolveProbes } from '../../../packages/core/src/provisioning/resolve-probes.ts'
import { thrownMessage } from '../../thrown-error.ts'

const AT = 'services.api.ready[0]'

function plan(...ready: readonly unknown[]): ReturnType<typeof createPlan> {
  const api = container({ image: 'x', ports: { http: 80, admin: 81 }, ready: ready as readonly Probe[] })
  return createPlan(defineConfig({ services: { api } }), {})
}

const message = (probe: unknown): Promise<string> => thrownMessage(() => plan({ kind: 'tcp' }, probe))

test.each([
  [
    { kind: 'http', method: 'post' },
    '.method is "post", which is not an HTTP method.\nWrite it in capitals, such as \'POST\'.',
  ],
  [
    { kind: 'http', headers: ['a'] },
    '.headers is ["a"], but must be an object of headers.\nWrite { accept: \'text/plain\' }.',
  ],
  [{ kind: 'http', headers: { 'a b': 'c' } }, ".headers: 'a b' is not the name of a header.\nCorrect the name."],
  [
    { kind: 'http', headers: { a: true } },
    ".headers.a is true, but must be text.\nWrite 'true', or what the program expects.",
  ],
  [{ kind: 'http', tls: 'yes' }, '.tls is "yes", but must be true or an object.\nWrite true, or { insecure: true }.'],
  [
    { kind: 'http', tls: { insecur: true } },
    '.tls.insecur: there is no such field.\nDid you mean insecure? The fields are insecure, ca, serverName.',
  ],
  [{ kind: 'http', tls: { insecure: 1 } }, '.tls.insecure is 1, but must be true or false.\nWrite true, or omit it.'],
  [
    { kind: 'http', tls: { ca: './ca.pem' } },
    ".tls.ca is not a certificate in PEM.\nRead it from its file: readFileSync('ca.pem', 'utf8').",
  ],
  [
    { kind: 'http', matches: '(' },
    '.matches is not a regular expression: Invalid regular expression: /(/: Unterminated group.\nEscape characters such as ( and [.',
  ],
  [
    { kind: 'log', pattern: 'a', since: '(' },
    '.since is not a regular expression: Invalid regular expression: /(/: Unterminated group.\nEscape characters such as ( and [.',
  ],
  [{ kind: 'health', optional: 'yes' }, '.optional is "yes", but must be true or false.\nWrite true, or omit it.'],
  [{ kind: 'exchange' }, '.expect is missing.\nA probe of kind exchange needs it.'],
  [
    { kind: 'exchange', expect: 7 },
    ".expect is 7, which is neither text nor bytes.\nWrite 'PING', or { hex: '0d0a' }.",
  ],
  [
    { kind: 'exchange', expect: { hex: '0d0' } },
    '.expect.hex is "0d0", which is not a string of hexadecimal digits.\nWrite two for each byte.',
  ],
  [
    { kind: 'exchange', expect: { text: 'a', hex: '0d' } },
    `.expect is {"text":"a","hex":"0d"}, which is neither text nor bytes.\nWrite 'PING', or { hex: '0d0a' }.`,
  ],
  [
    { kind: 'exchange', expect: 'a', at: 'end' },
    ".at is \"end\", which is not a known value.\nWrite 'start' or 'anywhere', or omit it.",
  ],
  [
    { kind: 'exchange', exepct: 'a' },
    '.exepct: there is no such field.\nDid you mean expect? The fields are expect, port, send, at, farewell.',
  ],
  [
    { kind: 'htp' },
    ".kind 'htp': there is no such kind.\nDid you mean http? The kinds are tcp, http, log, exec, health, exchange.",
  ],
  [{ path: '/' }, ' has no kind.\nIts kind is one of tcp, http, log, exec, health, exchange.'],
  ['tcp', ` is "tcp", which is not a probe.\nWrite { kind: 'tcp' }, or another kind.`],
  [null, ` is null, which is not a probe.\nWrite { kind: 'tcp' }, or another kind.`],
  [
    { kind: 'toString' },
    ".kind 'toString': there is no such kind.\nThe kinds are tcp, http, log, exec, health, exchange.",
  ],
  [{ kind: 'http', path: 'health' }, ".path: 'health' is not a path.\nBegin it with a slash, such as '/health'."],
  [{ kind: 'http', status: 200 }, '.status is 200, but must be a list of HTTP statuses.\nWrite status: [200, 401].'],
  [{ kind: 'http', port: 'main' }, ".port: the service has no port 'main'.\nIts ports are http, admin."],
  [{ kind: 'log' }, '.pattern is missing.\nA probe of kind log needs it.'],
  [
    { kind: 'log', pattern: '(' },
    expect.stringMatching(/^\.pattern is not a regular expression: .*Unterminated group.*\nEscape/),
  ],
  [
    { kind: 'log', pattern: 'x', times: 0 },
    '.times is 0, but must be a whole number from 1.\nWrite a number, such as 1.',
  ],
  [
    { kind: 'exec', command: 'pg_isready' },
    '.command is "pg_isready", but must be a list of strings.\nWrite command: [\'pg_isready\'].',
  ],
  [
    { kind: 'exec', command: ['a', null] },
    '.command[1] is null, but must be text.\nGive a string, a number or a reference, or omit it.',
  ],
])('%j is refused by its key before anything starts', async (probe, text) => {
  const [, rest] = (await message(probe)).split(/^CONFIG_INVALID\nservices\.api\.ready\[1\]/)
  expect(rest).toEqual(text)
})

test('probes that are no list', async () => {
  const api = container({ image: 'x', ports: {}, ready: { kind: 'tcp' } as unknown as readonly Probe[] })
  expect(await thrownMessage(() => createPlan(defineConfig({ services: { api } }), {}))).toBe(
    `CONFIG_INVALID\nservices.api.ready is {"kind":"tcp"}, but must be a list of probes.\nWrite ready: [{ kind: 'tcp' }].`,
  )
})

test('a probe of a port, where the service has none', async () => {
  const api = container({ image: 'x', ports: {}, ready: [{ kind: 'tcp' }] })
  expect(await thrownMessage(() => createPlan(defineConfig({ services: { api } }), {}))).toBe(
    `CONFIG_INVALID\n${AT}: the service has no port to connect to.\nAdd one to ports, or use a log or exec probe.`,
  )
})

test('text in an exchange stands for bytes, with references as well', () => {
  const db = redis()
  const ready = [{ kind: 'exchange', send: ref`AUTH ${db.password}\r\n`, expect: '+OK' }] as unknown as readonly Probe[]
  const api = container({ image: 'x', ports: { main: 1 }, ready })
  const { services } = createPlan(defineConfig({ services: { db, api } }), {})
  const scope = { ref: () => 'secret', self: () => '', secret: () => '' }
  expect(resolveProbes(services['api']?.spec.container?.ready ?? [], scope)).toEqual([
    { kind: 'exchange', send: { text: 'AUTH secret\r\n' }, expect: { text: '+OK' } },
  ])
})
