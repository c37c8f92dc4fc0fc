import type { Command } from '../command.ts'

export const rbac: Command = {
  name: 'rbac',
  summary: 'print the permissions that moorage needs on a cluster, as YAML',
  description:
    'Prints the smallest Role or ClusterRole of a mode, for `kubectl apply -f -`. `shared`: runs share a namespace. `lease`: the same, where Jobs are not allowed. `create`: a namespace for each run. `deleter`: what `kubernetes({ deleter })` needs in addition. With `--account` or `--user`, the binding follows. It needs no cluster.',
  options: {
    mode: {
      value: 'mode',
      choices: ['shared', 'lease', 'create', 'deleter'],
      summary: 'what runs do (default: shared)',
    },
    namespace: { short: 'n', value: 'name', summary: 'the namespace that runs share' },
    account: { value: 'namespace:name', summary: 'the service account that gets the permissions' },
    user: { value: 'name', summary: 'the user that gets the permissions' },
  },
  example: [
    'moorage rbac --namespace ci --account ci:tests | kubectl apply -f -',
    'lets the service account tests run services in namespace ci',
  ],
  load: async () => (await import('../actions/rbac.ts')).runRbac,
}
