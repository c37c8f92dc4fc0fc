import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectl, missing } from '../../../e2e/harness/engine.ts'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import { decidePolicy } from '../../../packages/provider-kubernetes/src/cluster/decide-namespace.ts'
import { checkPermissions, findDenied } from '../../../packages/provider-kubernetes/src/cluster/permissions.ts'
import { missingRoleManifest } from '../../../packages/provider-kubernetes/src/rbac/access-manifest.ts'
import {
  rulesOf,
  toPermissions,
  type AccessMode,
  type Permission,
} from '../../../packages/provider-kubernetes/src/rbac/permission-table.ts'
import { GrantedUsers } from './granted-users.ts'

const MODES = ['shared', 'lease', 'create'] as const
const signal = new AbortController().signal

const nameOf = ({ verb, resource }: Permission): string => `${verb}-${resource.replace('/', '-')}`
const userOf = (mode: AccessMode, without?: Permission): string => `${mode}-${without ? nameOf(without) : 'all'}`

/** For every mode: a user with all its permissions, and one more for each permission, without that one. */
function manifests(users: GrantedUsers): readonly string[] {
  return MODES.flatMap((mode) => {
    const all = toPermissions(rulesOf(mode))
    return [undefined, ...all].map((without) => {
      const user = userOf(mode, without)
      const granted = all.filter((permission) => permission !== without)
      const where = mode === 'create' ? {} : { namespace: users.namespace }
      return missingRoleManifest(granted, { ...where, subject: { user } }).replaceAll(
        'name: moorage-missing',
        `name: ${users.namespace}-${user}`,
      )
    })
  })
}

describe.skipIf(missing('kubernetes'))('the permissions of a user', () => {
  let users: GrantedUsers
  beforeAll(async () => {
    users = new GrantedUsers()
    users.grant(manifests(users))
    // The API server learns of a Role a little later than it stores it.
    const last = userOf('create', toPermissions(rulesOf('create')).at(-1))
    while (kubectl('auth', 'can-i', '--quiet', 'list', 'pods', '-n', users.namespace, '--as', last).status !== 0)
      await sleep(50)
  }, 60_000)
  afterAll(() => users[Symbol.dispose](), 60_000)

  const denied = async (client: ApiClient, mode: AccessMode): Promise<readonly Permission[]> =>
    await findDenied(client, { permissions: toPermissions(rulesOf(mode)), namespace: users.namespace }, signal)

  test.each(MODES)('mode %s: its Role grants everything', async (mode) => {
    const client = await users.connect(userOf(mode))
    try {
      expect(await denied(client, mode)).toEqual([])
      const question = { namespace: users.namespace, mode: mode === 'create' ? mode : 'shared' } as const
      expect(await checkPermissions(client, question, signal)).toEqual({
        liveness: mode === 'lease' ? 'lease' : 'job',
        missing: [],
      })
    } finally {
      client.close()
    }
  })

  test.each(MODES.flatMap((mode) => toPermissions(rulesOf(mode)).map((removed) => ({ mode, ...removed }))))(
    'mode $mode without $verb on $resource: the reviews name exactly that',
    async ({ mode, ...removed }) => {
      const client = await users.connect(userOf(mode, removed))
      try {
        expect(await denied(client, mode)).toEqual([removed])
        const isRequired = rulesOf(mode).some(
          ({ without, group, resources, verbs }) =>
            without === undefined &&
            group === removed.group &&
            resources.includes(removed.resource) &&
            verbs.includes(removed.verb),
        )
        const question = { namespace: users.namespace, mode: mode === 'create' ? mode : 'shared' } as const
        const preflight = await checkPermissions(client, question, signal)
        // Without a verb on Leases, a run needs Jobs, of which this user has no verb at all.
        if (mode === 'lease' && removed.resource === 'leases')
          expect(preflight.missing.map(({ resource }) => resource)).toEqual(['jobs', 'jobs', 'jobs', 'jobs'])
        else expect(preflight.missing).toEqual(isRequired ? [removed] : [])
      } finally {
        client.close()
      }
    },
  )

  test('who may create namespaces, but not delete them, shares one, and learns why', async () => {
    const removed = { verb: 'delete', group: '', resource: 'namespaces' }
    const client = await users.connect(userOf('create', removed))
    const { namespace } = users
    const decide = (options: { mode?: 'create' }): ReturnType<typeof decidePolicy> =>
      decidePolicy({ client, credentials: { namespace }, options, env: {} }, signal)
    try {
      expect(await decide({})).toEqual({
        policy: { mode: 'shared', namespace, liveness: 'job' },
        checkedNamespace: namespace,
        missing: [],
        missingForCreate: [removed],
      })
      expect(await decide({ mode: 'create' })).toMatchObject({ policy: { mode: 'create' }, missing: [removed] })
    } finally {
      client.close()
    }
  })
})
