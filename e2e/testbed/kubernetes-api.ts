import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { binary } from './go-programs.ts'
import { kubeconfigOf, pki, server } from './kubernetes-places.ts'
import { kubectl as program } from './kubernetes-programs.ts'
import { sh } from './shell.ts'

/** Asks the API server as admin. */
export function ask(path: string): Promise<{ status: number, body: string }> {
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

interface Node { status: { conditions?: { type: string, status: string }[] } }

/** As admin. */
export function kubectl(args: string[], input = ''): Promise<string> {
  return sh([binary(program), '--kubeconfig', kubeconfigOf('admin'), ...args], { input })
}
