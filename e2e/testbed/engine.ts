import { join } from 'node:path'
import { runtime } from './paths.ts'
import { sh } from './shell.ts'

export const socket: string = `unix://${join(runtime, 'docker.sock')}`

/** The registry that stands in for the public one: the engine's mirror. */
export const registryAddress = '127.0.0.1:5000'

/** Debian's, of the engine's own version: another may come first on the PATH. */
const client = '/usr/bin/docker'

export function docker(...args: string[]): Promise<string> {
  // The classic builder needs no plug-in and takes a local base image as it is.
  const env = { DOCKER_BUILDKIT: '0', DOCKER_CONFIG: join(runtime, 'docker-client') }
  return sh([client, '-H', socket, ...args], { env })
}

/** Whether a command succeeds. */
export function answers(argv: string[]): Promise<boolean> {
  return sh(argv).then(
    () => true,
    () => false,
  )
}
