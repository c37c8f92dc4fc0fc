import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiObject, Status } from './types.ts'
import { apiError, saidBy } from '../errors.ts'
import type { Answer, Client } from './client.ts'

export interface Created {
  readonly object: ApiObject
  /** When the request went out, on this process's monotonic clock. */
  readonly at: number
}

interface Creation {
  readonly path: string
  readonly body: object
  /** Between tries only: a request under way is let finish, or nobody would know whether it made something. */
  readonly signal?: AbortSignal
}

// Milliseconds for what passes by itself: a namespace without its account yet (k/k #66689), a quota's conflict (#67761).
const PASSING = 30_000

/** Makes an object, or gives the refusal. One that is there already with our label was made by a try whose answer got lost. */
export async function tryCreate(client: Client, { path, body, signal }: Creation): Promise<Created | Answer> {
  for (const since = performance.now(), n = { tries: 0 }; ; n.tries++) {
    signal?.throwIfAborted()
    const at = performance.now()
    const answer = await client.call({ method: 'POST', path, body })
    if (answer.status < 300) return { object: answer.body as ApiObject, at }
    if (answer.status === 409 && (answer.body as Status).reason === 'AlreadyExists') {
      const there = await client.call({ method: 'GET', path: `${path}/${(body as ApiObject).metadata.name}` })
      if (there.status === 200 && runOf(there.body) === runOf(body)) return { object: there.body as ApiObject, at }
    }
    if (!passes(answer) || performance.now() - since > PASSING) return answer
    await sleep(Math.min(500, 10 * 1.3 ** n.tries), undefined, signal ? { signal } : {}).catch(() => {})
  }
}

export async function create(client: Client, creation: Creation): Promise<Created> {
  const made = await tryCreate(client, creation)
  if ('object' in made) return made
  throw apiError({ method: 'POST', path: creation.path }, made)
}

function runOf(object: unknown): string | undefined {
  return (object as ApiObject).metadata.labels?.['moorage.run']
}

function passes(answer: Answer): boolean {
  const said = saidBy(answer)
  if (answer.status === 403) return /serviceaccount "?[\w.-]+"? not found|status unknown for quota/.test(said)
  return answer.status === 409 && /resourcequotas/.test(said)
}
