import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Runs `moorage rbac` from its sources, with the provider kubernetes alone, or with none. */
function rbac(
  args: readonly string[],
  providers = '[kubernetes()]',
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const [main, provider] = ['packages/cli/src/main.ts', 'packages/provider-kubernetes/src/index.ts'].map((path) =>
    JSON.stringify(resolve(path)),
  )
  const script = `import { main } from ${main}
    import { kubernetes } from ${provider}
    const installation = { providers: ${providers}, host: { name: 'none', module: 'none:', options: {} } }
    process.exitCode = await main(process.argv.slice(1), installation, '1.2.3')`
  const command = ['--input-type=module', '-e', script, '--', 'rbac', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: 'utf8',
    env: { ...process.env, KUBECONFIG: '/nowhere' },
  })
  return { status, stdout, stderr }
}

test('prints the files in docs, without a cluster', () => {
  expect(rbac([])).toEqual({ status: 0, stdout: readFileSync('docs/kubernetes-role.yaml', 'utf8'), stderr: '' })
  expect(rbac(['--mode', 'create']).stdout).toBe(readFileSync('docs/kubernetes-cluster-role.yaml', 'utf8'))
})

test('adds the binding', () => {
  const { stdout } = rbac(['-n', 'ci', '--account', 'runners:tests'])
  expect(stdout).toMatch(
    /\n---\n[^]*kind: RoleBinding[^]* {2}- kind: ServiceAccount\n {4}name: tests\n {4}namespace: runners\n$/,
  )
  expect(rbac(['-n', 'ci', '--user', 'me']).stdout).toMatch(/ {2}- kind: User\n[^]* {4}name: me\n$/)
})

test.each<[what: string, args: readonly string[], stderr: string]>([
  [
    'two subjects',
    ['--account', 'ci:tests', '--user', 'me'],
    'moorage: rbac: --account and --user cannot be combined.\nOmit one of them.\n',
  ],
  [
    'an account without a namespace',
    ['--account', 'tests'],
    'moorage: rbac: --account tests does not name the namespace of the account.\nWrite it as NAMESPACE:NAME, as in --account ci:tests.\n',
  ],
  [
    'an unknown mode',
    ['--mode', 'admin'],
    "moorage: Option '--mode <mode>' argument 'admin' is invalid. Allowed choices are shared, lease, create, deleter.\nUsage: moorage rbac [options]\nExample: moorage rbac --namespace ci --account ci:tests | kubectl apply -f -\nTo see all options: moorage rbac --help\n",
  ],
])('bad input: %s', (_what, args, stderr) => {
  expect(rbac(args)).toEqual({ status: 2, stdout: '', stderr })
})

test('an installation without a provider that has permissions', () => {
  expect(rbac([], '[]')).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'moorage: rbac: no provider of this installation has permissions to print.\nThe provider kubernetes has them.\nMore: moorage explain OPTION_UNSUPPORTED\n',
  })
})
