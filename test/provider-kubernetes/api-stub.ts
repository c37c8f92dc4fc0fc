import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, type ApiClient } from '../../packages/provider-kubernetes/src/api/client.ts'
import { createCredentials } from '../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'

export interface ReceivedCall {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

export interface ApiStub extends AsyncDisposable {
  /** The real client, connected to the stub. */
  readonly client: ApiClient
  readonly calls: readonly ReceivedCall[]
}

/** An API server by plain HTTP that answers as `answer` says, for states that the test bed cannot be brought into. */
export async function startApiStub(
  answer: (call: ReceivedCall) => { readonly status: number; readonly body: object },
): Promise<ApiStub> {
  const calls: ReceivedCall[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (data: string) => (text += data))
    request.on('end', () => {
      const call = {
        method: request.method ?? '',
        path: request.url ?? '',
        body: text ? (JSON.parse(text) as unknown) : undefined,
      }
      calls.push(call)
      const { status, body } = answer(call)
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const context = { name: 'stub', namespace: undefined, cluster: { server: url }, userName: '', user: {} }
  const load = (): Promise<never> => Promise.reject(new RangeError('there is no kubeconfig'))
  const client = createClient(createCredentials(context, { env: {}, root: '/', inCluster: false, load }))
  return {
    client,
    calls,
    async [Symbol.asyncDispose]() {
      client.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
