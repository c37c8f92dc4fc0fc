import { MoorageError, type AccessRequest, type AccessSubject } from '@moorage/core/provider'
import { ACCESS_MODES, rulesOf, type AccessMode, type Permission, type PermissionRule } from './permission-table.ts'

const RBAC_GROUP = 'rbac.authorization.k8s.io'

interface ModeText {
  readonly kind: 'Role' | 'ClusterRole'
  readonly name: string
  /** The file in the package that has the same rules. */
  readonly file: string
  /** The first comment lines of the manifest. */
  readonly intro: readonly string[]
}

const MODE_TEXTS: { readonly [mode in AccessMode]: ModeText } = {
  shared: {
    kind: 'Role',
    name: 'moorage',
    file: 'kubernetes-role.yaml',
    intro: ['The permissions that moorage needs in a namespace that runs share.'],
  },
  lease: {
    kind: 'Role',
    name: 'moorage',
    file: 'kubernetes-lease-role.yaml',
    intro: [
      'The permissions that moorage needs in a namespace that runs share, where Jobs are not allowed. A Lease takes the place',
      'of the liveness Job. The cluster does not act on a Lease: the next starts remove the objects of a killed run, the',
      'second start at the latest.',
    ],
  },
  create: {
    kind: 'ClusterRole',
    name: 'moorage',
    file: 'kubernetes-cluster-role.yaml',
    intro: [
      'The permissions that moorage needs to create a namespace for each run. Creating a namespace grants no permissions in',
      'it, so this role grants them in all namespaces.',
    ],
  },
  deleter: {
    kind: 'ClusterRole',
    name: 'moorage-deleter',
    file: 'kubernetes-deleter-cluster-role.yaml',
    intro: ['The permissions that kubernetes({ deleter }) needs in addition to those of mode create.'],
  },
}

/** The mode of that name; `shared` by default. Throws `MoorageError` (USAGE). */
export function accessMode(name: string = 'shared'): AccessMode {
  const mode = ACCESS_MODES.find((each) => each === name)
  if (mode) return mode
  throw new MoorageError('USAGE', `rbac: --mode ${name} is not a mode of Kubernetes.`, {
    hint: `Use --mode ${ACCESS_MODES.slice(0, -1).join(', --mode ')} or --mode ${ACCESS_MODES.at(-1)}.`,
  })
}

/** The Role or ClusterRole of a mode as YAML, with its binding if the request names a subject. */
export function accessManifest({ mode: modeName, namespace, subject }: AccessRequest): string {
  const mode = accessMode(modeName)
  const { kind, name, intro } = MODE_TEXTS[mode]
  if (namespace !== undefined && kind === 'ClusterRole')
    throw new MoorageError(
      'USAGE',
      `rbac: --namespace has no effect on mode ${mode}, whose ClusterRole counts everywhere.`,
      {
        hint: 'Omit it, or use --mode shared.',
      },
    )
  if (namespace !== undefined) checkName('--namespace', namespace)
  const lines = [
    ...intro.map((line) => `# ${line}`),
    `# Made by moorage rbac --mode ${mode}${subject ? '' : ', which adds the binding with --account or --user'}.`,
    ...(subject ? [] : applyComment(MODE_TEXTS[mode])),
    ...roleLines({ kind, name, ...(namespace === undefined ? {} : { namespace }) }, rulesOf(mode)),
    ...(subject ? bindingLines({ kind, name, ...(namespace === undefined ? {} : { namespace }) }, subject) : []),
  ]
  return `${lines.join('\n')}\n`
}

/** A Role for exactly these permissions, with its binding, as YAML; a ClusterRole without a namespace. */
export function missingRoleManifest(
  missing: readonly Permission[],
  { namespace, subject }: { readonly namespace?: string; readonly subject: AccessSubject },
): string {
  const target = {
    kind: namespace === undefined ? ('ClusterRole' as const) : ('Role' as const),
    name: 'moorage-missing',
    ...(namespace === undefined ? {} : { namespace }),
  }
  return `${[...roleLines(target, toRules(missing)), ...bindingLines(target, subject)].join('\n')}\n`
}

/** One rule of a Role in one line of YAML. */
export function ruleLine(permissions: readonly Permission[]): string {
  return toRules(permissions)
    .map(
      ({ group, resources, verbs }) =>
        `{ apiGroups: [${groupText(group)}], resources: ${flow(resources)}, verbs: ${flow(verbs)} }`,
    )
    .join(', ')
}

/** The subject behind the name by which an API server knows a user. */
export function subjectOf(user: string): AccessSubject {
  const account = user.match(/^system:serviceaccount:([^:]+:[^:]+)$/)?.[1]
  return account ? { account } : { user }
}

interface RoleTarget extends Pick<ModeText, 'kind' | 'name'> {
  readonly namespace?: string
}

type ManifestRule = Pick<PermissionRule, 'group' | 'resources' | 'verbs' | 'comment'>

function toRules(permissions: readonly Permission[]): readonly ManifestRule[] {
  const byResource = Map.groupBy(permissions, ({ group, resource }) => `${group}/${resource}`)
  return [...byResource.values()].map((all) => ({
    group: all[0]?.group ?? '',
    resources: [all[0]?.resource ?? ''],
    verbs: all.map(({ verb }) => verb),
  }))
}

function roleLines({ kind, name, namespace }: RoleTarget, rules: readonly ManifestRule[]): readonly string[] {
  return [
    `apiVersion: ${RBAC_GROUP}/v1`,
    `kind: ${kind}`,
    'metadata:',
    `  name: ${name}`,
    ...(namespace === undefined ? [] : [`  namespace: ${scalar(namespace)}`]),
    'rules:',
    ...rules.flatMap(({ group, resources, verbs, comment }) => [
      ...(comment === undefined ? [] : [`  # ${comment}`]),
      `  - apiGroups: [${groupText(group)}]`,
      `    resources: ${flow(resources)}`,
      `    verbs: ${flow(verbs)}`,
    ]),
  ]
}

function bindingLines({ kind, name, namespace }: RoleTarget, subject: AccessSubject): readonly string[] {
  return [
    '---',
    `apiVersion: ${RBAC_GROUP}/v1`,
    `kind: ${kind}Binding`,
    'metadata:',
    `  name: ${name}`,
    ...(namespace === undefined ? [] : [`  namespace: ${scalar(namespace)}`]),
    'roleRef:',
    `  apiGroup: ${RBAC_GROUP}`,
    `  kind: ${kind}`,
    `  name: ${name}`,
    'subjects:',
    ...subjectLines(subject, namespace),
  ]
}

function subjectLines(subject: AccessSubject, namespace: string | undefined): readonly string[] {
  if ('user' in subject) return [`  - kind: User`, `    apiGroup: ${RBAC_GROUP}`, `    name: ${scalar(subject.user)}`]
  const [given, name] = subject.account.includes(':') ? subject.account.split(':') : [namespace, subject.account]
  if (given === undefined || name === undefined)
    throw new MoorageError('USAGE', `rbac: --account ${subject.account} does not name the namespace of the account.`, {
      hint: 'Write it as NAMESPACE:NAME, as in --account ci:tests.',
    })
  checkName('--account', given)
  checkName('--account', name)
  return ['  - kind: ServiceAccount', `    name: ${scalar(name)}`, `    namespace: ${scalar(given)}`]
}

/** How to apply a manifest without a binding. */
function applyComment({ kind, name, file }: ModeText): readonly string[] {
  const isRole = kind === 'Role'
  const where = isRole ? ' -n NAMESPACE' : ''
  const binding = isRole ? 'rolebinding' : 'clusterrolebinding'
  return [
    `#   kubectl apply${where} -f ${file}`,
    `#   kubectl create ${binding} ${name}${where} --${kind.toLowerCase()}=${name} --serviceaccount=NAMESPACE:ACCOUNT`,
  ]
}

function groupText(group: string): string {
  return group === '' ? "''" : group
}

function flow(items: readonly string[]): string {
  return `[${items.join(', ')}]`
}

/** Source: YAML 1.2, 7.3.3 "Plain Style"; what is not surely plain text is quoted. */
function scalar(text: string): string {
  return /^[a-z][\w.-]*$/i.test(text) && !/^(?:true|false|yes|no|on|off|y|n|null)$/i.test(text)
    ? text
    : JSON.stringify(text)
}

/** Source: Kubernetes, "Object Names and IDs", RFC 1123 label and subdomain names. */
function checkName(option: string, name: string): void {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return
  throw new MoorageError('USAGE', `rbac: ${option}: '${name}' is not a name that Kubernetes accepts.`, {
    hint: 'It consists of lower-case letters, digits and dashes, with a letter or digit at both ends.',
  })
}
