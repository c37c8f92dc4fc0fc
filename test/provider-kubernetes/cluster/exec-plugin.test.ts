import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import type { Credentials } from '../../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'
import { runExecPlugin } from '../../../packages/provider-kubernetes/src/cluster/exec-plugin.ts'
import { findCredentials } from '../../../packages/provider-kubernetes/src/cluster/find-credentials.ts'
import { selectCluster } from '../../../packages/provider-kubernetes/src/cluster/select-cluster.ts'
import { thrownError } from '../../thrown-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'plugin-'))
const runs = join(folder, 'runs')
const { signal } = new AbortController()
const received: string[] = []
/** An API server that allows everything to the tokens it knows. */
let server: Server
let accepted: readonly string[] = []
let url = ''

beforeAll(async () => {
  mkdirSync(join(folder, 'bin'))
  server = createServer((request, response) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    received.push(token)
    const body = request.url?.includes('rulesreviews')
      ? { status: { resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] } }
      : { status: { allowed: true } }
    response.writeHead(accepted.includes(token) ? 200 : 401, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  writeFileSync(runs, '')
  received.length = 0
  accepted = ['token-1', 'token-2', 'token-3', 'token-4']
})

/** A kubeconfig whose plugin is a script that counts its runs in $N. */
function kubeconfigWith(script: string, exec = ''): string {
  const plugin = join(folder, 'bin', 'plugin')
  writeFileSync(plugin, `#!/bin/sh\necho run >> '${runs}'; N=$(wc -l < '${runs}')\n${script}\n`, { mode: 0o755 })
  const file = join(folder, 'config')
  writeFileSync(
    file,
    [
      'current-context: x',
      `clusters: [{name: c, cluster: {server: "${url}", extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: me}}]}}]`,
      `users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/plugin, args: [get-token]${exec}}}}]`,
      'contexts: [{name: x, context: {cluster: c, user: u}}]',
    ].join('\n'),
  )
  return file
}
const print = (status: string): string =>
  `printf '{"kind":"ExecCredential","status":%s}' "${status.replaceAll('"', '\\"')}"`
const find = async (kubeconfig: string): Promise<Credentials> =>
  (await findCredentials({ env: process.env, root: folder, kubeconfig })) as Credentials
const countRuns = (): number => readFileSync(runs, 'utf8').split('\n').length - 1

test('ten first calls run the plugin once, by a path relative to the kubeconfig', async () => {
  const credentials = await find(kubeconfigWith(print('{"token":"token-$N"}')))
  const client = createClient(credentials)
  await Promise.all(Array.from({ length: 10 }, () => client.call({ method: 'GET', path: '/' })))
  client.close()
  expect([countRuns(), new Set(received)]).toEqual([1, new Set(['token-1'])])
})

test('credentials are renewed before they expire, and once when the server rejects them', async () => {
  const soon = new Date(Date.now() - 1_000).toISOString()
  const expired = await find(kubeconfigWith(print(`{"token":"token-$N","expirationTimestamp":"${soon}"}`)))
  await expired.requestOptions()
  expect((await expired.requestOptions()).headers).toEqual({ Authorization: 'Bearer token-2' })

  writeFileSync(runs, '')
  accepted = ['token-2']
  const client = createClient(await find(kubeconfigWith(print('{"token":"token-$N"}'))))
  const answers = await Promise.all(Array.from({ length: 5 }, () => client.call({ method: 'GET', path: '/' })))
  client.close()
  expect([answers.map(({ status }) => status), countRuns()]).toEqual([[200, 200, 200, 200, 200], 2])
})

test('the error of a failed plugin quotes its output, and the plugin does not run again for each attempt', async () => {
  const env = { KUBECONFIG: kubeconfigWith('echo "Your session has expired. Run: corp login" >&2; exit 3'), CI: '1' }
  const { probe } = await selectCluster({ options: {}, env: { ...process.env, ...env }, root: folder }, signal)
  expect(probe).toEqual({
    ok: false,
    broken: true,
    reason: `the credential plugin '${join(folder, 'bin/plugin')}' of the kubeconfig failed with exit code 3: Your session has expired. Run: corp login`,
    fix: `Log in again, then check with: ${join(folder, 'bin/plugin')} get-token`,
  })
  expect(countRuns()).toBe(1)
})

test('during a run as well: one attempt, and the same words', async () => {
  const client = createClient(await find(kubeconfigWith('echo "log in" >&2; exit 1')))
  const calls = await Promise.allSettled([1, 2, 3].map(() => client.call({ method: 'GET', path: '/' })))
  client.close()
  expect(calls.map((call) => call.status === 'rejected' && String(call.reason).split('\n')[0])).toEqual(
    calls.map(
      () =>
        `MoorageError: The credential plugin '${join(folder, 'bin/plugin')}' of the kubeconfig failed with exit code 1: log in.`,
    ),
  )
  expect([countRuns(), received]).toEqual([1, []])
})

test('the time of a plugin does not count as the time of the API server', async () => {
  const env = { KUBECONFIG: kubeconfigWith(`sleep 0.6; ${print('{"token":"token-1"}')}`), CI: '1' }
  const { probe } = await selectCluster(
    { options: {}, env: { ...process.env, ...env }, root: folder, answerTimeoutMs: 400 },
    signal,
  )
  expect(probe).toMatchObject({ ok: true })
})

test('a plugin gets the variables of the kubeconfig, and a description of the cluster', async () => {
  const out = join(folder, 'info')
  const exec = ', provideClusterInfo: true, env: [{name: ROLE, value: tests}]'
  const script = `echo "$ROLE $1 $KUBERNETES_EXEC_INFO" > '${out}'; ${print('{"token":"token-1"}')}`
  await (await find(kubeconfigWith(script, exec))).requestOptions()
  expect(readFileSync(out, 'utf8')).toBe(
    `tests get-token ${JSON.stringify({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: { cluster: { server: url, config: { audience: 'me' } }, interactive: false },
    })}\n`,
  )
})

test.for<readonly [what: string, exec: Parameters<typeof runExecPlugin>[0]['exec'], message: string]>([
  [
    'that hangs',
    { command: 'sh', args: ['-c', 'echo waiting for a browser >&2; exec sleep 60'] },
    "'sh' of the kubeconfig did not end within 0.3 s: waiting for a browser.\nLog in again, then check with: sh -c echo waiting for a browser >&2; exec sleep 60",
  ],
  [
    'that prints no credentials',
    { command: 'echo', args: ['hello'] },
    "'echo' of the kubeconfig printed no credentials.\nLog in again, then check with: echo hello",
  ],
  [
    'that is not installed',
    { command: 'no-such-plugin', installHint: 'Install it from https://example.com.' },
    "'no-such-plugin' of the kubeconfig is not installed, or not on the PATH.\nInstall it from https://example.com.",
  ],
  [
    'that needs a terminal',
    { command: 'corp', interactiveMode: 'Always' },
    "'corp' of the kubeconfig needs a terminal (interactiveMode: Always), which moorage does not have.\nLog in again, then check with: corp",
  ],
])('a plugin %s is an error', async ([_what, exec, message]) => {
  const run = { exec, cluster: { server: url }, env: process.env, timeoutMs: 300 }
  const error = await thrownError(() => runExecPlugin(run))
  expect([error.code, error.message]).toEqual(['PROVIDER_UNAVAILABLE', `The credential plugin ${message}`])
})
