import type { CheckContext, CheckResult } from '@moorage/core/provider'
import { missingReason } from '../cluster/explain-missing-permissions.ts'
import { findDenied } from '../cluster/permissions.ts'
import { accessManifest, missingRoleManifest, ruleLine, subjectOf } from '../rbac/access-manifest.ts'
import type { KubernetesOptions } from '../options.ts'
import {
  ACCOUNT_COPY_RULE,
  rulesOf,
  toPermissions,
  type AccessMode,
  type Permission,
  type PermissionRule,
} from '../rbac/permission-table.ts'
import type { ExaminedCluster } from './examined-cluster.ts'

/**
 * Asks the API server for each verb of the mode in which runs would live, because the list of rules that it offers may
 * be incomplete. Names each one that is missing, with its rule, and last the whole Role.
 */
export async function checkRbac(
  { client, options, user, decision }: ExaminedCluster,
  { signal }: Pick<CheckContext, 'signal'>,
): Promise<readonly CheckResult[]> {
  const { checkedNamespace: namespace, policy } = decision
  const mode: AccessMode = policy.mode === 'shared' && policy.liveness === 'lease' ? 'lease' : policy.mode
  const rules = [...rulesOf(mode), ...(mode === 'create' ? rulesOfOptions(options) : [])]
  // The deleter and a copied account share a permission.
  const permissions = [...new Map(toPermissions(rules).map((each) => [JSON.stringify(each), each])).values()]
  const denied = await findDenied(client, { permissions, namespace }, signal)
  const place = mode === 'create' ? 'every namespace' : `namespace ${namespace}`
  if (!denied.length)
    return [{ status: 'ok', text: `${user} has the ${permissions.length} permissions of mode ${mode} in ${place}` }]
  const where = mode === 'create' ? {} : { namespace }
  const kind = mode === 'create' ? 'ClusterRole' : 'Role'
  const subject = subjectOf(user)
  if (denied.length === permissions.length)
    return [
      {
        status: 'problem',
        text: `${user} has none of the ${permissions.length} permissions of mode ${mode} in ${place}`,
        fix: `Ask an administrator to apply this ${kind}.${accountAdvice(user)}`,
        manifest: accessManifest({ mode, ...where, subject }),
      },
    ]
  const results = denied.map((permission): CheckResult => {
    const without = ruleOf(permission, rules)?.without
    const reason = missingReason({ user, namespace, mode: policy.mode, missing: [permission] })
    return {
      status: without === undefined ? 'problem' : 'warning',
      text: without === undefined ? `${reason}: no run can start` : `${reason}: ${without}`,
      fix: `Add this rule: ${ruleLine([permission])}`,
    }
  })
  const worst = results.some(({ status }) => status === 'problem') ? 'problem' : 'warning'
  const count = denied.length === 1 ? '1 permission is' : `${denied.length} permissions are`
  return [
    ...results,
    {
      status: worst,
      text: `${count} missing of the ${permissions.length} of mode ${mode}`,
      fix: `Ask an administrator to apply this ${kind}.${accountAdvice(user)}`,
      manifest: missingRoleManifest(denied, { ...where, subject }),
    },
  ]
}

/** What options need in addition, with a namespace per run. */
function rulesOfOptions({ deleter, serviceAccount = 'default' }: KubernetesOptions): readonly PermissionRule[] {
  const copied = serviceAccount === 'default' ? [] : [ACCOUNT_COPY_RULE]
  return [...(deleter ? rulesOf('deleter') : []), ...copied]
}

function ruleOf({ group, resource, verb }: Permission, rules: readonly PermissionRule[]): PermissionRule | undefined {
  return rules.find((rule) => rule.group === group && rule.resources.includes(resource) && rule.verbs.includes(verb))
}

/** A runner whose pods name no account uses the default one of their namespace, which all other pods there have too. */
function accountAdvice(user: string): string {
  return /^system:serviceaccount:[^:]+:default$/.test(user)
    ? ' This is the default account of its namespace. Give the pod of the CI job its own account.'
    : ''
}
