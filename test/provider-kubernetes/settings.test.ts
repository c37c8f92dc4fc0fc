import { randomBytes } from 'node:crypto'
import { currentOwner, type ContainerSettings, type Session, type Unit } from '@moorage/core'
import type { ContainerUnit } from '@moorage/core/provider'
import { afterEach, describe, expect, test } from 'vitest'
import { kubeconfig, missing } from '../../e2e/harness/engine.ts'
import { provider } from '../../packages/provider-kubernetes/src/provider.ts'
import { thrownMessage } from '../thrown-error.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()
const MIB = 1024 * 1024
const IMAGE_WITHOUT_SHELL = 'registry.k8s.io/kubectl:v1.34.4'

describe.skipIf(reason)(`settings of a container in a pod${reason ? ` (${reason})` : ''}`, () => {
  let session: Session | undefined
  const notices: string[] = []
  afterEach(async () => {
    notices.length = 0
    await session?.close()
  })

  const open = async (user: string, namespace?: string): Promise<Session> => {
    const options = { context: 'testbed', kubeconfig: kubeconfig(user), ...(namespace ? { namespace } : {}) }
    const id = `settings-${randomBytes(4).toString('hex')}`
    const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const report = { phase: () => {}, journal: () => {}, notice: (text: string) => void notices.push(text) }
    return (session = await provider(options, { root: process.cwd() }).open(run, report, signal))
  }
  const startContainer = async (name: string, container: ContainerUnit): Promise<Unit> =>
    await (session as Session).start({ name, ports: { main: 7000 }, env: {}, sensitive: [], container }, signal)
  const start = async (name: string, settings: ContainerSettings, script = 'exec sleep 1000'): Promise<Unit> =>
    await startContainer(name, { image: 'busybox:1.37', command: ['sh', '-c', script], ...settings })
  const run = async (unit: Unit, script: string): Promise<string> => {
    const { stdout = '', stderr = '' } = (await unit.exec?.(['sh', '-c', script], signal)) ?? {}
    return `${stdout}${stderr}`
  }

  test('the restricted policy admits every setting that asks for no privilege', async () => {
    await open('restricted', 'restricted')
    const unit = await start('app', {
      user: '1000:1000',
      groups: ['1234'],
      hostName: 'primary',
      aliases: ['mysql'],
      labels: { 'no label/at all/': '1' },
      tmpfs: [{ path: '/memory', sizeBytes: MIB, mode: 0o750 }],
      volumes: { '/data': { volume: 'data' } },
      shmSizeBytes: MIB,
      resources: { cpus: 0.5, memoryBytes: 64 * MIB },
      capabilities: { drop: ['ALL'] },
      securityOptions: ['no-new-privileges:true', 'seccomp=builtin'],
      sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' },
      init: true,
      readOnlyRoot: true,
      stopSignal: 'SIGINT',
      udpPorts: { dns: 53 },
    })
    // The folder belongs to the user, who could not change the mode of one that belongs to root.
    expect(await run(unit, 'stat -c "%a %u" /memory; stat -c "%u" /data; touch /data/x && hostname')).toBe(
      '750 1000\n1000\nprimary\n',
    )
  })

  test('a refusal by the policy names the setting', async () => {
    await open('restricted', 'restricted')
    const settings = { user: '1000:1000', privileged: true, capabilities: { add: ['NET_ADMIN'] } }
    const [message = '', hint] = (await thrownMessage(() => start('app', settings))).split('\n').slice(1)
    expect(message).toMatch(
      /^services\.app\.privileged: namespace restricted refuses its pod under the pod security policy restricted:\S+: /,
    )
    expect(hint).toBe(
      'Remove privileged and capabilities from the service, or use a namespace whose policy allows it. The policy is a label of the namespace: kubectl get namespace restricted --show-labels',
    )
  })

  test('a named volume starts with the content of the image, and a stop sends the signal of the config', async () => {
    await open('admin')
    const [unit, initialised] = await Promise.all(
      [{}, { init: true }].map(async (settings, i) =>
        start(
          `app${i}`,
          { volumes: { '/bin': { volume: 'programs' } }, stopSignal: 'SIGUSR1', stopGrace: 10, ...settings },
          "trap 'echo told; exit 0' USR1; echo up; while :; do sleep 0.1; done",
        ),
      ),
    )
    for (const each of [unit, initialised] as readonly Unit[]) {
      const lines = each.logs({ follow: true })[Symbol.asyncIterator]()
      expect((await lines.next()).value?.text).toBe('up')
      const stopped = each.stop()
      expect((await lines.next()).value?.text).toBe('told')
      await stopped
    }
  })
  test.each(['no', 'always'] as const)(
    'without a shell in the image, and with restart %s: a volume starts empty with a notice, and a mode is refused',
    async (restart) => {
      await open('admin')
      const withoutShell = { image: IMAGE_WITHOUT_SHELL, command: ['version', '--client'], restart }
      const [, message] = await Promise.all([
        startContainer('app', { ...withoutShell, volumes: { '/data': { volume: 'v' } } }),
        thrownMessage(() => startContainer('api', { ...withoutShell, tmpfs: [{ path: '/memory', mode: 0o700 }] })),
      ])
      expect(notices).toEqual([
        'services.app.volumes: the volume at /data starts empty, without the content that the image has there, because the image has no shell that could copy it.',
      ])
      expect(message).toBe(
        'OPTION_UNSUPPORTED\nservices.api.tmpfs: a pod cannot give /memory its mode, because its image has no shell.\nRemove the mode; every user may write to the folder.',
      )
    },
  )
})
