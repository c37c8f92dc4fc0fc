import { createServer } from 'node:net'
import { once } from 'node:events'
import type { CheckResult, ServiceSpec } from '@moorage/core'
import type { DoctorContext } from './check.ts'

interface FixedPort {
  /** Path of the option. */
  readonly at: string
  readonly port: number
}

/** Whether the ports of this machine that the config fixes are free. */
export async function checkPorts({ plan }: Pick<DoctorContext, 'plan'>): Promise<readonly CheckResult[]> {
  if (!plan) return []
  const fixed = Object.entries(plan.services).flatMap(([service, { spec, given }]) =>
    given === undefined ? fixedPorts(service, spec) : [],
  )
  if (!fixed.length)
    return [{ status: 'ok', text: 'the config fixes no port of this machine: each start takes free ones' }]
  return await Promise.all(fixed.map(checkPort))
}

function fixedPorts(service: string, { container, process: form }: ServiceSpec): readonly FixedPort[] {
  const ports = [
    ...Object.entries(container?.hostPorts ?? {}).map(([name, port]) => [`hostPorts.${name}`, port] as const),
    ...Object.entries(form?.fixedPorts ?? {}).map(([name, port]) => [`ports.${name}`, port] as const),
  ]
  const unique = new Map(ports.filter(([, port]) => port > 0).map(([at, port]) => [port, at]))
  return [...unique].map(([port, at]) => ({ at: `services.${service}.${at}`, port }))
}

async function checkPort({ at, port }: FixedPort): Promise<CheckResult> {
  const problem = await listenProblem(port)
  if (problem === undefined) return { status: 'ok', text: `${at}: port ${port} is free` }
  if (problem === 'EADDRINUSE')
    return {
      status: 'warning',
      text: `${at}: port ${port} is in use`,
      fix: 'If a run of this project does not hold it (moorage ls), end the program that does, or choose another port.',
    }
  return {
    status: 'problem',
    text: `${at}: port ${port} cannot be used (${problem})`,
    fix: 'Choose a port above 1023, or one that this user may listen on.',
  }
}

/** Why no server can listen on a port of the loopback; undefined if one can. */
async function listenProblem(port: number): Promise<string | undefined> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    server.close()
  }
}
