import { randomBytes } from 'node:crypto'
import { currentOwner, type Session, type Unit } from '@moorage/core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { certificateDomain, parseResolvConf } from '../../../packages/provider-kubernetes/src/cluster/cluster-dns.ts'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'
import { kubeconfig, kubectl, missing, NAMESPACE } from '../../../e2e/harness/engine.ts'
import { thrownMessage } from '../../thrown-error.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()
const NAME = `db-${randomBytes(4).toString('hex')}`

describe.skipIf(reason)(`names in a shared namespace${reason ? ` (${reason})` : ''}`, () => {
  let session: Session | undefined
  beforeAll(() => {
    // A stranger's Service of the name that a service of the run has.
    expect(kubectl('create', 'service', 'clusterip', NAME, '--tcp=80', '-n', NAMESPACE).status).toBe(0)
  })
  afterEach(() => session?.close())
  afterAll(() => void kubectl('delete', 'service', NAME, '-n', NAMESPACE))

  const open = async (user: string): Promise<Session> => {
    const options = { context: 'testbed', kubeconfig: kubeconfig(user), namespace: NAMESPACE }
    const id = `names-${randomBytes(4).toString('hex')}`
    const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const report = { phase: () => {}, journal: () => {}, notice: () => {} }
    return (session = await provider(options, { root: process.cwd() }).open(run, report, signal))
  }
  const start = async (name: string): Promise<Unit> =>
    await (session as Session).start(
      {
        name,
        ports: { main: 7000 },
        env: {},
        sensitive: [],
        container: { image: 'busybox:1.37', user: '1000:1000', command: ['sleep', '1000'] },
      },
      signal,
    )

  test('the name of a service is that of the run, where the DNS server of the cluster is known', async () => {
    const { exec } = (await open('admin'), await start('app'))
    const own = await (await start(NAME)).endpoint(7000, 'network')
    // busybox's ping prints the address that the resolver has found.
    const { stdout } = (await exec?.(['ping', '-c', '1', '-w', '1', NAME], signal)) ?? {}
    expect(stdout).toContain(`PING ${NAME} (${own.host})`)
    const { stdout: other } = (await exec?.(['ping', '-c', '1', '-w', '1', `kubernetes.default`], signal)) ?? {}
    expect(other).toContain('PING kubernetes.default (10.')
  })

  test('where it is not known, the start is refused', async () => {
    await open('shared')
    expect(await thrownMessage(() => start(NAME))).toBe(
      [
        `CONFIG_INVALID\nservices.${NAME}: namespace ${NAMESPACE} has a Service '${NAME}' that does not belong to this run, and pods would reach it instead of the service.`,
        `Rename services.${NAME}, use another namespace, or ask an administrator to allow this user to get Service kube-dns in namespace kube-system; the names of the run then take precedence.`,
      ].join('\n'),
    )
  })
})

describe('the domain of the cluster', () => {
  test.for<readonly [what: string, text: string, dns: ReturnType<typeof parseResolvConf>]>([
    [
      "a pod's own resolver",
      'search ci.svc.corp.internal svc.corp.internal corp.internal\nnameserver 10.0.0.10\nnameserver fd00::a\noptions ndots:5\n',
      { domain: 'corp.internal', nameservers: ['10.0.0.10', 'fd00::a'] },
    ],
    ["a node's resolver", 'search example.com\nnameserver 1.1.1.1\n', undefined],
    ['no resolver', '', undefined],
  ])('%s', ([_what, text, dns]) => expect(parseResolvConf(text)).toEqual(dns))

  test('the certificate of the API server', () => {
    expect(
      certificateDomain(['localhost', 'kubernetes', 'kubernetes.default.svc', 'kubernetes.default.svc.corp.internal']),
    ).toBe('corp.internal')
    expect(certificateDomain(['localhost', 'kubernetes.default.svc'])).toBeUndefined()
  })
})
