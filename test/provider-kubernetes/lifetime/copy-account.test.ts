import { randomBytes } from 'node:crypto'
import { currentOwner, type Session } from '@moorage/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubeconfig, kubectl, missing } from '../../../e2e/harness/engine.ts'
import { readAccountSource } from '../../../packages/provider-kubernetes/src/lifetime/copy-account.ts'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'
import { thrownMessage } from '../../thrown-error.ts'
import { startApiStub } from '../api-stub.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()
const NAME = `tests-${randomBytes(4).toString('hex')}`

describe.skipIf(reason)(`account and pull secrets of a namespace per run${reason ? ` (${reason})` : ''}`, () => {
  const login = ['--docker-server=r.test', '--docker-username=u', '--docker-password=p']
  beforeAll(() => {
    expect(kubectl('create', 'serviceaccount', NAME, '-n', 'default').status).toBe(0)
    expect(kubectl('create', 'secret', 'docker-registry', NAME, '-n', 'default', ...login).status).toBe(0)
  })
  afterAll(() => void kubectl('delete', 'serviceaccount,secret', NAME, '-n', 'default'))

  const open = async (id: string, more: object): Promise<Session> => {
    const options = { context: 'testbed', kubeconfig: kubeconfig('admin'), mode: 'create', ...more }
    const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const report = { phase: () => {}, journal: () => {}, notice: () => {} }
    return await provider(options, { root: process.cwd() }).open(run, report, signal)
  }
  const start = (session: Session): Promise<unknown> =>
    session.start(
      {
        name: 'app',
        ports: {},
        env: {},
        sensitive: [],
        container: { image: 'busybox:1.37', user: '1000:1000', command: ['sleep', '1000'] },
      },
      signal,
    )

  test('they are copied', async () => {
    const id = `account-${randomBytes(4).toString('hex')}`
    const session = await open(id, { serviceAccount: NAME, imagePullSecrets: [NAME] })
    try {
      await start(session)
      const get = (what: string, path: string): string =>
        kubectl('get', what, '-n', id, '-o', `jsonpath=${path}`).stdout
      expect(get('pod/app', '{.spec.serviceAccountName} {.spec.imagePullSecrets[0].name}')).toBe(`${NAME} ${NAME}`)
      expect(get(`secret/${NAME}`, '{.type} {.metadata.ownerReferences[0].kind}')).toBe(
        'kubernetes.io/dockerconfigjson Job',
      )
    } finally {
      await session.close()
    }
  })

  test('a missing one is reported at once, before the namespace exists', async () => {
    const id = `account-${randomBytes(4).toString('hex')}`
    const session = await open(id, { serviceAccount: 'no-such-account' })
    expect(await thrownMessage(() => start(session))).toBe(
      [
        "PROVIDER_UNAVAILABLE\nProvider kubernetes: kubernetes({ serviceAccount: 'no-such-account' }) needs a copy of serviceaccounts/no-such-account of namespace default in the namespace of the run, but it does not exist.",
        "Create it there, or share that namespace with kubernetes({ namespace: 'default' }).",
      ].join('\n'),
    )
    expect(kubectl('get', 'namespace', id).stderr).toContain('not found')
    await session.close()
  })
})

test('one that may not be read is reported with the missing permission (recorded)', async () => {
  await using stub = await startApiStub(() => ({ status: 403, body: { message: 'forbidden' } }))
  const source = { namespace: 'ci', signal }
  expect(await thrownMessage(() => readAccountSource(stub.client, { imagePullSecrets: ['registry'] }, source))).toBe(
    [
      "PROVIDER_UNAVAILABLE\nProvider kubernetes: kubernetes({ imagePullSecrets: ['registry'] }) needs a copy of secrets/registry of namespace ci in the namespace of the run, but it may not be read by this user.",
      "Ask an administrator to grant get on secrets, or share that namespace with kubernetes({ namespace: 'ci' }).",
    ].join('\n'),
  )
})
