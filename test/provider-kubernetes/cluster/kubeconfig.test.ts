import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Credentials } from '../../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'
import {
  findCredentials,
  type CredentialOptions,
} from '../../../packages/provider-kubernetes/src/cluster/find-credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
mkdirSync(join(folder, 'sub'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Writes a kubeconfig, and gives its path. */
function write(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

async function find(env: NodeJS.ProcessEnv, more: Partial<CredentialOptions> = {}): Promise<Credentials> {
  const found = await findCredentials({ env, root: folder, ...more })
  if ('reason' in found) throw new RangeError(`${found.reason}. ${found.fix}`)
  return found
}

const cluster = (name: string, fields: string): string => `{name: ${name}, cluster: {${fields}}}`
const user = (name: string, fields: string): string => `{name: ${name}, user: {${fields}}}`
const context = (name: string, fields: string): string => `{name: ${name}, context: {${fields}}}`
const config = (current: string, parts: { readonly [key: string]: string }): string =>
  [`current-context: '${current}'`, ...Object.entries(parts).map(([key, entries]) => `${key}: [${entries}]`)].join('\n')
/** One cluster and one user. */
const single = (clusterFields: string, userFields: string): string =>
  config('x', {
    clusters: cluster('c', clusterFields),
    users: user('u', userFields),
    contexts: context('x', 'cluster: c, user: u'),
  })

test('of equal names in several kubeconfigs the first counts, as does the first current context', async () => {
  const first = write(
    'first',
    config('', {
      clusters: cluster('c', 'server: "https://first:1"'),
      users: user('u', 'token: first'),
      contexts: context('x', 'cluster: c, user: u'),
    }),
  )
  const second = write(
    'second',
    config('other', {
      clusters: `${cluster('c', 'server: "https://second:1", tls-server-name: second')}, ${cluster('d', 'server: "https://d:1"')}`,
      users: user('u', 'token: second'),
      contexts: `${context('x', 'cluster: d, user: u, namespace: second')}, ${context('other', 'cluster: d, user: u')}`,
    }),
  )
  const files = ['/nowhere/config', first, second].join(delimiter)
  const named = await find({ KUBECONFIG: files }, { context: 'x' })
  expect([named.server, named.namespace]).toEqual(['https://first:1', undefined])
  expect(await named.requestOptions()).toEqual({ headers: { Authorization: 'Bearer first' } })
  const current = await find({ KUBECONFIG: files })
  expect([current.context, current.server]).toEqual(['other', 'https://d:1'])
})

test('a token file counts before a token, and is relative to its kubeconfig', async () => {
  write('sub/token', 'from the file\n')
  const file = write('sub/config', single('server: "https://c:1"', 'token: inline, tokenFile: token'))
  expect(await (await find({ KUBECONFIG: file })).requestOptions()).toEqual({
    headers: { Authorization: 'Bearer from the file' },
  })
})

test('the option is relative to the project', async () => {
  write('sub/named', single('server: "https://named:1"', ''))
  expect((await find({}, { kubeconfig: 'sub/named' })).server).toBe('https://named:1')
})

test('every header of an impersonation is sent', async () => {
  const file = write(
    'as',
    single(
      'server: "https://c:1"',
      'token: t, as: jane, as-uid: "7", as-groups: [dev, ops], as-user-extra: {a/b: [one]}',
    ),
  )
  expect((await (await find({ KUBECONFIG: file })).requestOptions()).headers).toEqual({
    Authorization: 'Bearer t',
    'Impersonate-User': 'jane',
    'Impersonate-Uid': '7',
    'Impersonate-Group': ['dev', 'ops'],
    'Impersonate-Extra-a%2Fb': ['one'],
  })
})

test('a server by http, without a scheme, or without a user is used as it is', async () => {
  const plain = write(
    'plain',
    config('x', { clusters: cluster('c', 'server: "http://127.0.0.1:8001/"'), contexts: context('x', 'cluster: c') }),
  )
  const found = await find({ KUBECONFIG: plain })
  expect([found.server, await found.requestOptions()]).toEqual(['http://127.0.0.1:8001', { headers: {} }])
  const bare = write('bare', single('server: "127.0.0.1:8001"', ''))
  expect((await find({ KUBECONFIG: bare })).server).toBe('http://127.0.0.1:8001')
  const secure = write(
    'secure',
    single('server: "127.0.0.1:6443", insecure-skip-tls-verify: true', 'username: a, password: b'),
  )
  const tls = await find({ KUBECONFIG: secure })
  expect([tls.server, await tls.requestOptions()]).toEqual([
    'https://127.0.0.1:6443',
    { rejectUnauthorized: false, headers: { Authorization: `Basic ${btoa('a:b')}` } },
  ])
})

test('a kubeconfig that was chosen and is missing is an error, in a pod as well', async () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  await expect(find({}, { kubeconfig: '/nowhere/config' })).rejects.toThrow(
    /^there is no kubeconfig at \/nowhere\/config\. correct the path in kubernetes\(\{ kubeconfig \}\), then check with: kubectl config get-contexts$/,
  )
  await expect(find(pod, { kubeconfig: '/nowhere/config' })).rejects.toThrow(
    /^there is no kubeconfig at \/nowhere\/config\. correct the path in kubernetes\(\{ kubeconfig \}\), or remove it to use the account of this pod, then check with: kubectl config get-contexts$/,
  )
  await expect(find({ ...pod, KUBECONFIG: '/nowhere/a:/nowhere/b' })).rejects.toThrow(
    /^there is no kubeconfig at \/nowhere\/a:\/nowhere\/b\. correct KUBECONFIG, or remove it to use the account of this pod, then check with: kubectl config get-contexts$/,
  )
})

test.for<readonly [what: string, content: string, message: string]>([
  [
    'a user that is missing',
    config('x', { clusters: cluster('c', 'server: "https://c:1"'), contexts: context('x', 'cluster: c, user: who') }),
    "has no user 'who', which context 'x' refers to. show it with: kubectl config view",
  ],
  [
    'a cluster that is missing',
    config('x', { contexts: context('x', 'cluster: c') }),
    "has no cluster 'c', which context 'x' refers to. show it with: kubectl config view",
  ],
  [
    'no current context',
    config('', { contexts: context('x', 'cluster: c') }),
    'has no current context; its contexts: x. choose one with: kubectl config use-context NAME',
  ],
  ['an empty file', '', 'has no current context; its contexts: none. choose one with: kubectl config use-context NAME'],
  [
    'no YAML',
    'a: [',
    'cannot be used: FILE cannot be read: unexpected end of the stream within a flow collection (1:5). show it with: kubectl config view',
  ],
  ['a text', 'hello', 'cannot be used: FILE is not a kubeconfig. show it with: kubectl config view'],
])('a kubeconfig with %s', async ([_what, content, message]) => {
  const file = write('bad', content)
  const error = await find({ KUBECONFIG: file }).catch((reason: unknown) => reason as Error)
  expect(String((error as Error).message).replaceAll(file, 'FILE')).toBe(`the kubeconfig FILE ${message}`)
})
