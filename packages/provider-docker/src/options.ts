import { MoorageError, rejectUnknownOptions, type OptionNames } from '@moorage/core/provider'

export interface DockerOptions {
  /**
   * Address of the engine, as in `unix:///var/run/docker.sock`. Default: `DOCKER_HOST`, else the Docker context, else
   * the first usual socket that answers.
   */
  readonly host?: string
  /**
   * Starts a Ryuk container for the run. It removes the run's objects 10 seconds after the connection to the supervisor
   * breaks. Use it for engines on other machines, where no later start cleans up. It mounts the engine's socket.
   * `TESTCONTAINERS_RYUK_DISABLED=true` overrides it. Default: false.
   */
  readonly ryuk?: boolean
}

const OPTIONS: OptionNames<DockerOptions> = { host: true, ryuk: true }

/** Throws `MoorageError` (CONFIG_INVALID). */
export function checkOptions(options: DockerOptions): void {
  rejectUnknownOptions('docker', options, OPTIONS)
  const { ryuk } = options
  if (ryuk === undefined || typeof ryuk === 'boolean') return
  throw new MoorageError('CONFIG_INVALID', `docker({ ryuk }): ${JSON.stringify(ryuk)} is neither true nor false.`, {
    provider: 'docker',
    hint: 'Use true, or omit it.',
  })
}
