import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker } from './bed.ts'

/** Starts a container with a published port; returns its id and the host's port. */
export async function start(port: number, ...args: string[]): Promise<{ id: string; port: number }> {
  const { out, err, code } = await docker('run', '-d', '-p', `127.0.0.1:0:${port}`, ...args)
  assert.equal(code, 0, err)
  const id = out.trim()
  return { id, port: Number((await docker('port', id, String(port))).out.trim().split(':')[1]) }
}

export async function eventually<T>(what: string, question: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(20)) {
    const answer = await question().catch(() => undefined)
    if (answer !== undefined) return answer
  }
  throw new Error(`${what}: not within 10 s`)
}

export async function exitCodeAfterStop(id: string): Promise<string> {
  await docker('stop', '-t', '5', id)
  return (await docker('inspect', '-f', '{{.State.ExitCode}}', id)).out.trim()
}

export async function exec(id: string, ...command: string[]): Promise<string | undefined> {
  const { code, out } = await docker('exec', id, ...command)
  return code === 0 ? out.trim() : undefined
}
