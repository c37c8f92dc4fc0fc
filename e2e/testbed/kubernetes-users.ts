import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { kubectl } from './kubernetes-api.ts'
import { kubeconfigOf } from './kubernetes-paths.ts'
import { certificate, certified, expiredToken, writeKubeconfig } from './kubernetes-pki.ts'
import { sources } from './paths.ts'

const documents = join(dirname(dirname(sources)), 'docs')
/** The documented roles: the bed applies the very files that users read. */
export const roleFile: string = join(documents, 'kubernetes-role.yaml')
export const leaseRoleFile: string = join(documents, 'kubernetes-lease-role.yaml')
export const clusterRoleFile: string = join(documents, 'kubernetes-cluster-role.yaml')
export const deleterRoleFile: string = join(documents, 'kubernetes-deleter-cluster-role.yaml')

/** Where the documented Role is bound, each to the user of that name: `shared` in `ci`, the others in their own. */
const roleUsers = { shared: 'ci', restricted: 'restricted', quota: 'quota' }

const rbac = 'rbac.authorization.k8s.io'

interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

/** Users with kubeconfigs, and what they may do. */
export async function makeUsers(): Promise<void> {
  const clients = [...Object.entries(roleUsers), ['creator', 'default'], ['nobody', 'ci']] as const
  await Promise.all([
    ...clients.map(([user, namespace]) => makeUser(user, namespace)),
    expiredToken('ci', 'shared').then((token) => writeKubeconfig(kubeconfigOf('expired'), { token }, 'ci')),
  ])
}

/** In namespaces that exist: the documented roles, and who has them. A pod in `ci` has the Role as `shared`, too. */
export async function grantRoles(): Promise<void> {
  const namespaces = Object.values(roleUsers)
  await Promise.all([
    ...namespaces.map((namespace) => kubectl(['apply', '-n', namespace, '-f', roleFile])),
    kubectl(['apply', '-f', clusterRoleFile]),
  ])
  const bindings = Object.entries(roleUsers).map(([user, namespace]) => ({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'moorage', namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'moorage' },
    subjects: [userSubject(user), { kind: 'ServiceAccount', name: user, namespace }],
  }))
  await apply([...bindings, clusterBinding('moorage', 'moorage', 'creator')])
  await untilGranted('creator', { apiGroups: [''], resources: ['namespaces'], verbs: ['create'] })
}

/**
 * A user who has the documented Role in namespace `ci` but for one verb on one resource, such as `list` on `pods`.
 * Returns its kubeconfig. The Role and its binding stay until `down`, named `testbed-without-<verb>-<resource>`.
 */
export async function withoutVerb(verb: string, resource: string): Promise<string> {
  const name = `testbed-without-${verb}-${resource.replaceAll('/', '-')}`
  const rules = await rulesIn(roleFile)
  if (!rules.some(({ resources, verbs }) => resources.includes(resource) && verbs.includes(verb))) {
    throw new Error(`The Role in ${roleFile} does not grant ${verb} on ${resource}.`)
  }
  const reduced = rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      resources.map((each) => ({
        apiGroups,
        resources: [each],
        verbs: each === resource ? verbs.filter((one) => one !== verb) : verbs,
      })),
    )
    .filter(({ verbs }) => verbs.length > 0)
  return await withRules(name, reduced)
}

/** A user who has the documented Role with a Lease in place of Jobs, in namespace `ci`. Returns its kubeconfig. */
export async function withoutJobs(): Promise<string> {
  return await withRules('testbed-without-jobs', await rulesIn(leaseRoleFile))
}

/** A user who has the documented ClusterRole and what a deleter needs beside it. Returns its kubeconfig. */
export async function withDeleter(): Promise<string> {
  return await withRulesEverywhere('testbed-with-deleter', [
    ...(await rulesIn(clusterRoleFile)),
    ...(await rulesIn(deleterRoleFile)),
  ])
}

/** A user who may make namespaces, and has Leases in place of Jobs in all of them. Returns its kubeconfig. */
export async function withLeasesEverywhere(): Promise<string> {
  const namespaces = (await rulesIn(clusterRoleFile)).filter(({ resources }) => resources.includes('namespaces'))
  return await withRulesEverywhere('testbed-with-leases', [...(await rulesIn(leaseRoleFile)), ...namespaces])
}

async function rulesIn(file: string): Promise<Rule[]> {
  const text = await kubectl(['create', '--dry-run=client', '-o', 'json', '-n', 'ci', '-f', file])
  return (JSON.parse(text) as { rules: Rule[] }).rules
}

async function withRules(name: string, rules: Rule[]): Promise<string> {
  await makeUser(name, 'ci')
  const metadata = { name, namespace: 'ci' }
  const roleRef = { apiGroup: rbac, kind: 'Role', name }
  await apply([
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: [userSubject(name)] },
  ])
  for (const rule of rules.slice(0, 1)) await untilGranted(name, rule)
  return kubeconfigOf(name)
}

async function withRulesEverywhere(name: string, rules: Rule[]): Promise<string> {
  await makeUser(name, 'default')
  await apply([
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    clusterBinding(name, name, name),
  ])
  for (const rule of rules.slice(-1)) await untilGranted(name, rule)
  return kubeconfigOf(name)
}

function clusterBinding(name: string, role: string, user: string): object {
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: role }
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef,
    subjects: [userSubject(user)],
  }
}

export async function apply(items: object[]): Promise<void> {
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
}

/** The API server learns of roles a little later than it stores them. */
async function untilGranted(user: string, { verbs, resources }: Rule): Promise<void> {
  const question = ['auth', 'can-i', '--quiet', verbs[0] ?? '', resources[0] ?? '', '--as', user, '-n', 'ci']
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    if (
      await kubectl(question).then(
        () => true,
        () => false,
      )
    )
      return
  }
  throw new Error(`The roles of ${user} have no effect.`)
}

async function makeUser(user: string, namespace: string): Promise<void> {
  await mkdir(dirname(kubeconfigOf(user)), { recursive: true })
  await certificate(user, `/CN=${user}`)
  await writeKubeconfig(kubeconfigOf(user), await certified(user), namespace)
}

function userSubject(name: string): object {
  return { apiGroup: rbac, kind: 'User', name }
}
