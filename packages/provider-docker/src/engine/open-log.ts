import type { Readable } from 'node:stream'
import type { Client } from './client.ts'
import type { Modem } from './debug-calls.ts'

export interface LogQuery {
  /** Goes on until the container ends. */
  readonly follow: boolean
  /** How many of the last lines. Default: all. */
  readonly tail?: number | undefined
}

/**
 * Opens the log of a container as a stream. `Container.logs` of dockerode gathers a log that it does not follow, which
 * may have gigabytes. Source: Docker Engine API, "Get container logs"; dockerode, lib/container.js.
 */
export function openLog({ dockerode }: Client, containerId: string, { follow, tail }: LogQuery): Promise<Readable> {
  const request = {
    path: `/containers/${containerId}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    options: { stdout: true, stderr: true, follow, ...(tail === undefined ? {} : { tail }) },
  }
  return new Promise((resolve, reject) => {
    ;(dockerode.modem as Modem).dial(request, (error, stream) => {
      if (error) reject(error)
      else resolve(stream as Readable)
    })
  })
}
