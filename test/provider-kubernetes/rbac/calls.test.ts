import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentOwner, type Json, type JsonObject, type Session, type UnitSpec } from '@moorage/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectl, missing } from '../../../e2e/harness/engine.ts'
import { setDebugSink, type DebugFields } from '../../../packages/core/src/provider-kit/debug-log.ts'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'
import { accessManifest } from '../../../packages/provider-kubernetes/src/rbac/access-manifest.ts'
import {
  rulesOf,
  toPermissions,
  type Permission,
} from '../../../packages/provider-kubernetes/src/rbac/permission-table.ts'
import { GrantedUsers } from './granted-users.ts'
import { permissionsOfCall } from './permission-of-call.ts'

const MODES = ['shared', 'lease', 'create'] as const
type Mode = (typeof MODES)[number]

// Questions whose refusal a run tolerates. No Role grants them.
const TOLERATED: readonly string[] = ['list nodes', 'get services', 'list namespaces']

// Only when something goes wrong: a watch that has expired is replaced by a list, a creation whose answer was lost is
// looked up, and a namespace that did not open is taken down object by object.
const IN_TROUBLE: readonly string[] = ['list pods', 'list events', 'delete jobs.batch']

const text = ({ verb, group, resource }: Permission): string => `${verb} ${resource}${group ? `.${group}` : ''}`

const PORT = 7000
const unit: UnitSpec = {
  name: 'db',
  ports: { main: PORT },
  env: { PASSWORD: 'x' },
  sensitive: ['PASSWORD'],
  container: {
    image: 'busybox:1.37',
    command: ['sh', '-c', `echo listening; exec nc -ll -p ${PORT} -e cat`],
    user: '1000:1000',
    aliases: ['other'],
  },
}

/** A run that uses everything that moorage can do, then what a later start does after a killed run. */
async function useEverything(kubeconfig: string, options: JsonObject): Promise<void> {
  const id = `calls-${process.pid}-${Date.now().toString(36)}`
  const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
  const signal = new AbortController().signal
  const kubernetes = provider({ context: 'testbed', kubeconfig, ...options }, { root: process.cwd() })
  expect(await kubernetes.probe(signal)).toMatchObject({ ok: true })
  const journal: Json[] = []
  const report = { phase: () => {}, journal: (entry: Json) => void journal.push(entry), notice: () => {} }
  const session = await kubernetes.open(run, report, signal)
  try {
    await useSession(session, signal)
    // The journal of a killed run: what it names belongs to another process, so it is looked up and left alone.
    const owner = { ...run.owner, pid: 1 }
    await kubernetes.reap?.({ journals: [{ run: id, owner, entries: journal }], alive: () => false }, signal)
  } finally {
    await session.close()
  }
}

async function useSession(session: Session, signal: AbortSignal): Promise<void> {
  const started = await session.start(unit, signal)
  const { host, port } = await started.endpoint(PORT, 'host')
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, host, () => socket.write('ping'))
    socket.once('error', reject).once('data', () => socket.end(resolve))
  })
  await started.exec?.(['true'], signal)
  for await (const line of started.logs({})) expect(line.text).toBe('listening')
  await session.keep?.(60_000)
  await started.stop()
}

let users: GrantedUsers | undefined
afterAll(() => users?.[Symbol.dispose]())

describe.skipIf(missing('kubernetes')).each(MODES)('a run in mode %s', (mode: Mode) => {
  const calls: Permission[] = []
  beforeAll(async () => {
    users ??= new GrantedUsers()
    const { namespace } = users
    const user = `calls-${mode}`
    const manifest = accessManifest({ mode, ...(mode === 'create' ? {} : { namespace }), subject: { user } })
    users.grant([manifest.replaceAll('name: moorage\n', `name: ${namespace}-${mode}\n`)])
    kubectl('create', 'secret', 'generic', 'registry', '-n', namespace)
    while (kubectl('auth', 'can-i', '--quiet', 'list', 'pods', '-n', namespace, '--as', user).status !== 0)
      await sleep(50)
    const record = (event: string, fields: DebugFields): void => {
      if (event === 'call') calls.push(...permissionsOfCall(String(fields['method']), String(fields['path'])))
      if (event.startsWith('websocket')) calls.push(...permissionsOfCall('WEBSOCKET', String(fields['path'])))
    }
    setDebugSink({
      areas: new Set(['kubernetes', 'forward']),
      write: (_area, event, fields) => record(event, fields),
      hide: () => {},
      moveTo: () => {},
    })
    const kubeconfig = users.kubeconfig(user)
    // In mode `create`, the namespace is where the pull secrets are copied from.
    const options: JsonObject =
      mode === 'create' ? { mode, namespace, imagePullSecrets: ['registry'] } : { mode: 'shared', namespace }
    await useEverything(kubeconfig, options)
  }, 60_000)
  afterAll(() => setDebugSink(undefined))

  test('makes only calls that its Role grants', () => {
    const granted = toPermissions(rulesOf(mode)).map(text)
    expect(
      [...new Set(calls.map(text))].filter((call) => !granted.includes(call) && !TOLERATED.includes(call)),
    ).toEqual([])
  })

  test('uses every verb that its Role grants', () => {
    const used = new Set([...calls.map(text), ...IN_TROUBLE])
    expect(
      toPermissions(rulesOf(mode))
        .map(text)
        .filter((permission) => !used.has(permission)),
    ).toEqual([])
  })
})
