/** What the API server refused to create. */
export interface RefusedObject {
  /** As the subject or object of a sentence: `its pod`. */
  readonly subject: string
  readonly namespace: string
  /** The image of the pod; undefined for other objects. */
  readonly image?: string
}

/** Why an object was refused, and what to do, each without a full stop at its end. */
export interface Explanation {
  readonly text: string
  readonly hint: string
  /** How to show the rule, for refusals by the settings of a pod. Default: as in `hint`. */
  readonly showRule?: string
}

/**
 * Explains the refusals of Kubernetes' admission plugins, by the API server's message; undefined for any other message.
 *
 * Sources: the messages of kubernetes, plugin/pkg/admission (limitranger, resourcequota) and
 * staging/src/k8s.io/apiserver/pkg/admission/plugin (webhook, policy/validating); openshift,
 * apiserver-library-go, pkg/securitycontextconstraints.
 */
export function explainRefusal(message: string, { subject, namespace, image }: RefusedObject): Explanation | undefined {
  const security = message.match(/violates PodSecurity "([^"]+)": (.*)$/s)
  if (security)
    return {
      text: `namespace ${namespace} refuses ${subject} under the pod security policy ${security[1]}: ${security[2]}`,
      hint:
        `Set a numeric user other than root, for example user: '1000:1000', if ${image ?? 'the image'} ` +
        'supports it. The policy is a label of the namespace: ' +
        `kubectl get namespace ${namespace} --show-labels`,
      showRule: `The policy is a label of the namespace: kubectl get namespace ${namespace} --show-labels`,
    }
  const constraints = message.match(/unable to validate against any security context constraint: (.*)$/s)
  if (constraints)
    return {
      text: `the security context constraints of OpenShift refuse ${subject}: ${constraints[1]}`,
      hint:
        'Let an administrator allow the user of the image: ' +
        `oc adm policy add-scc-to-user nonroot-v2 -z default -n ${namespace}. Show the constraints with: oc get scc`,
      showRule: 'Show the constraints with: oc get scc',
    }
  const policy = message.match(/ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request: (.*)$/s)
  if (policy)
    return {
      text: `the admission policy ${policy[1]} refuses ${subject}: ${policy[2]}`,
      hint:
        'The rule belongs to your cluster. Show it with: ' +
        `kubectl get validatingadmissionpolicy ${policy[1]} -o yaml`,
    }
  const denied = message.match(/admission webhook "([^"]+)" denied the request: (.*)$/s)
  if (denied)
    return {
      text: `the admission webhook ${denied[1]} refuses ${subject}: ${denied[2]}`,
      hint: 'The rule belongs to your cluster. List the webhooks with: kubectl get validatingwebhookconfigurations',
    }
  const unreachable = message.match(/failed calling webhook "([^"]+)": (.*)$/s)
  if (unreachable)
    return {
      text: `the cluster cannot reach the admission webhook ${unreachable[1]} for ${subject}: ${unreachable[2]}`,
      hint:
        'The cluster accepts nothing without it. List the webhooks with: ' +
        'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
    }
  const quota = message.match(/failed quota: ([^:]+): must specify (.*)$/s)
  if (quota)
    return {
      text: `quota ${quota[1]} of namespace ${namespace} requires every pod to set ${quota[2]}`,
      hint:
        `Set them for all services: kubernetes({ resources: ${resourcesFor(quota[2] ?? '')} }). ` +
        `Show the quota with: kubectl describe quota ${quota[1]} -n ${namespace}`,
    }
  const exceeded = message.match(/exceeded quota: ([^,]+), (.*)$/s)
  if (exceeded)
    return {
      text: `quota ${exceeded[1]} of namespace ${namespace} has no room for ${subject}: ${exceeded[2]}`,
      hint:
        'Wait until other runs end, or ask for a higher quota. Show it with: ' +
        `kubectl describe quota ${exceeded[1]} -n ${namespace}`,
    }
  if (/is forbidden: \[?(minimum|maximum|[\w./-]+ max limit to request ratio) /.test(message))
    return {
      text: `a limit range of namespace ${namespace} refuses ${subject}: ${message}`,
      hint: `Set kubernetes({ resources }). Show the limit range with: kubectl describe limitrange -n ${namespace}`,
    }
  const account = message.match(/serviceaccount "?([\w.-]+)"? not found/)
  if (account)
    return {
      text: `namespace ${namespace} has no service account '${account[1]}', which kubernetes({ serviceAccount }) names`,
      hint: `Create it, or correct the option: kubectl create serviceaccount ${account[1]} -n ${namespace}`,
    }
  if (/being terminated/.test(message))
    return {
      text: `namespace ${namespace} is being deleted`,
      hint: `Use another namespace, or wait until this one is deleted: kubectl get namespace ${namespace} --watch`,
    }
  return undefined
}

// Small values that the databases of the presets run with.
const EXAMPLES: { readonly [kind in 'requests' | 'limits']: { readonly [resource: string]: string } } = {
  requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' },
  limits: { cpu: '1', memory: '512Mi', 'ephemeral-storage': '1Gi' },
}

/** The option with an example for each name of a quota: `limits.memory`, or `cpu`, which means the request. */
function resourcesFor(names: string): string {
  const found = [...names.matchAll(/(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)\b/g)].map(
    ([, kind = 'requests', resource = '']) => [kind as 'requests' | 'limits', resource] as const,
  )
  const byKind = Map.groupBy(found, ([kind]) => kind)
  const parts = (['requests', 'limits'] as const).flatMap((kind) => {
    const resources = new Set((byKind.get(kind) ?? []).map(([, resource]) => resource))
    const fields = [...resources].map((resource) => `${quoteKey(resource)}: '${EXAMPLES[kind][resource]}'`)
    return fields.length ? [`${kind}: { ${fields.join(', ')} }`] : []
  })
  return parts.length ? `{ ${parts.join(', ')} }` : "{ limits: { memory: '512Mi' } }"
}

function quoteKey(name: string): string {
  return name.includes('-') ? `'${name}'` : name
}
