import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { binary } from './go-programs.ts'
import { kubeconfigOf, pki, server } from './kubernetes-paths.ts'
import { kubectl as program } from './kubernetes-programs.ts'
import { sh } from './shell.ts'

/** Asks the API server as admin. */
export function ask(path: string): Promise<{ status: number; body: string }> {
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFileSync(join(pki, name)))
  return new Promise((resolve, reject) => {
    const call = request(`${server}${path}`, { ca, cert, key, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => (body += text))
      answer.once('error', reject).once('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    call.once('error', reject).end()
  })
}

export async function nodeReady(name: string): Promise<boolean> {
  const { status, body } = await ask(`/api/v1/nodes/${name}`)
  if (status !== 200) return false
  const { conditions = [] } = (JSON.parse(body) as Node).status
  return conditions.some(({ type, status: state }) => type === 'Ready' && state === 'True')
}

interface Node {
  status: { conditions?: { type: string; status: string }[] }
}

/** A namespace refuses pods until its own default account is there. */
export async function untilPodsAreAdmitted(): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const lists = await Promise.all(['namespaces', 'serviceaccounts'].map((kind) => ask(`/api/v1/${kind}`)))
    const [namespaces = [], accounts = []] = lists.map(({ body }) => (JSON.parse(body) as List).items)
    const defaults = accounts.filter(({ metadata: { name } }) => name === 'default')
    if (defaults.length === namespaces.length) return
  }
  throw new Error('The cluster makes no default service accounts; see the log of kube-controller-manager.')
}

interface List {
  items: { metadata: { name: string } }[]
}

/** As admin. */
export function kubectl(args: string[], input = ''): Promise<string> {
  return sh([binary(program), '--kubeconfig', kubeconfigOf('admin'), ...args], { input })
}
