import { request } from 'node:http'
import type { Kind } from './kind.ts'

/** Every object of an engine, by its own API; nothing is looked up by label. */
export function dockerKinds(host: string): readonly Kind[] {
  const socketPath = host.replace(/^unix:\/\//, '')
  const list = async <T>(path: string): Promise<T> => (await get(socketPath, path)) as T
  return [
    {
      name: 'docker container',
      take: async () =>
        (await list<{ Id: string; Names: string[]; Image: string }[]>('/containers/json?all=1')).map(
          ({ Id, Names, Image }) => `${Id.slice(0, 12)} ${Names.join()} of ${Image}`,
        ),
    },
    {
      name: 'docker network',
      take: async () =>
        (await list<{ Id: string; Name: string }[]>('/networks')).map(({ Id, Name }) => `${Id.slice(0, 12)} ${Name}`),
    },
    {
      name: 'docker volume',
      take: async () =>
        ((await list<{ Volumes: { Name: string }[] | null }>('/volumes')).Volumes ?? []).map(({ Name }) => Name),
    },
    {
      name: 'docker image',
      take: async () =>
        (await list<{ Id: string; RepoTags: string[] | null }[]>('/images/json?all=1')).flatMap(({ Id, RepoTags }) => [
          Id.slice(7, 19),
          ...(RepoTags ?? []),
        ]),
    },
  ]
}

function get(socketPath: string, path: string): Promise<unknown> {
  return new Promise((done, fail) => {
    const call = request({ socketPath, path, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.once('end', () => {
        if (response.statusCode === 200) done(JSON.parse(body))
        else fail(new RangeError(`${path}: ${String(response.statusCode)} ${body}`))
      })
    })
    call.once('error', fail)
    call.end()
  })
}
