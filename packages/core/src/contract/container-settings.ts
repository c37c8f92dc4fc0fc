/**
 * The settings of a container that hold no template. Every provider honours a setting, or refuses it by name before
 * anything starts. Every default is the image's or the engine's own.
 */
export interface ContainerSettings {
  /** `uid`, `uid:gid`, or names of the image. A cluster can only prove that a numeric user is not root. */
  readonly user?: string
  /** Further groups of the main process, as names of the image or numbers. */
  readonly groups?: readonly string[]
  /** Absolute path in the container. */
  readonly workingDir?: string
  /** The container's own host name. Default: the service's host name. */
  readonly hostName?: string
  /** Further names by which the services of the run reach this one. */
  readonly aliases?: readonly string[]
  /** The networks of the run that it joins, each with further names in it. Default: the one network of the run. */
  readonly networks?: { readonly [network: string]: { readonly aliases?: readonly string[] } }
  /** Labels of the container. */
  readonly labels?: { readonly [name: string]: string }
  /** Further entries of /etc/hosts: addresses by host name. */
  readonly extraHosts?: { readonly [hostName: string]: string }
  /** Name resolution instead of the engine's. */
  readonly dns?: {
    readonly servers?: readonly string[]
    readonly search?: readonly string[]
    readonly options?: readonly string[]
  }
  /**
   * Folders that are empty and writable at the start, and in memory: absolute paths in the container, or mounts. On
   * Docker, a folder that `files` are delivered into is a volume on disk instead.
   */
  readonly tmpfs?: readonly (string | TmpfsMount)[]
  /** Named volumes of the run, by absolute path in the container. Services that name one volume share its content. */
  readonly volumes?: { readonly [path: string]: VolumeMount }
  /** Size of /dev/shm in bytes. */
  readonly shmSizeBytes?: number
  readonly resources?: ContainerResources
  /** Linux capabilities without `CAP_`, or `ALL`. */
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly privileged?: boolean
  /** Devices of the engine's machine, as `host:container:rwm`. */
  readonly devices?: readonly string[]
  /** Kernel parameters of the container's namespaces. */
  readonly sysctls?: { readonly [name: string]: string }
  /** Limits by name, such as `nofile`. */
  readonly ulimits?: { readonly [name: string]: { readonly soft: number; readonly hard: number } }
  /** Options such as `no-new-privileges:true`. */
  readonly securityOptions?: readonly string[]
  /** Runs an init process as PID 1 that reaps its children and passes signals on. */
  readonly init?: boolean
  /** The root file system is read-only. */
  readonly readOnlyRoot?: boolean
  /** The process namespace: the machine's with `host`. */
  readonly pidMode?: 'host'
  /** The interprocess communication namespace. */
  readonly ipcMode?: 'host' | 'private' | 'shareable' | 'none'
  /** A terminal for the main process. */
  readonly tty?: boolean
  /** Keeps standard input open. */
  readonly stdin?: boolean
  /** Such as `SIGQUIT`. Default: the image's, or SIGTERM. */
  readonly stopSignal?: string
  /**
   * Seconds between the stop signal and the kill. Default: on Docker no stop signal, the container is killed at once;
   * on Kubernetes 1.
   */
  readonly stopGrace?: number
  /** When the engine starts an ended container again. Default: `no`. */
  readonly restart?: 'no' | 'always' | 'on-failure' | 'unless-stopped'
  /** Such as `linux/arm64`. */
  readonly platform?: string
  /** When the image is pulled. Default: `missing`. */
  readonly pull?: 'missing' | 'always' | 'never'
  /** UDP ports that the services of the run reach, by name. Tests reach TCP ports only. */
  readonly udpPorts?: { readonly [name: string]: number }
  /** Fixed port numbers on this machine, by the port's name. Default: free ports. */
  readonly hostPorts?: { readonly [name: string]: number }
  /** Options of the engine's log, such as `max-size`. */
  readonly logOptions?: { readonly [name: string]: string }
  /** Replaces the HEALTHCHECK of the image. `none` disables it. The probe `health` waits for it. */
  readonly healthCheck?: HealthCheck | 'none'
  /**
   * Makes this machine reachable from the container as `host.moorage.internal`. A list of ports also covers servers
   * that listen on the loopback only; with `true` the container reaches only servers that listen on every address. The
   * start fails with OPTION_UNSUPPORTED if the provider has no route to this machine. Default: no access.
   */
  readonly hostAccess?: true | readonly number[]
}

/** A folder in memory. */
export interface TmpfsMount {
  /** Absolute path in the container. */
  readonly path: string
  /** The most that it holds, in bytes. Default: half of the machine's memory. */
  readonly sizeBytes?: number
  /** Permission bits. Default: 0o1777. */
  readonly mode?: number
}

/** A named volume in a container. */
export interface VolumeMount {
  /** The name of the volume, unique in the run. */
  readonly volume: string
  readonly readOnly?: boolean
}

/** What a container may use (`cpus`, `memoryBytes`, `pids`), and what is reserved for it. */
export interface ContainerResources {
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly pids?: number
  readonly reservedCpus?: number
  readonly reservedMemoryBytes?: number
}

/**
 * A command that tells the health of a container by its exit code 0. Source of the defaults: Dockerfile reference,
 * HEALTHCHECK.
 */
export interface HealthCheck {
  /** The command and its arguments, or a text for the shell of the image. */
  readonly test: readonly string[] | string
  /** Milliseconds between two checks. Default: 30,000. */
  readonly intervalMs?: number
  /** Milliseconds that one check may take. Default: 30,000. */
  readonly timeoutMs?: number
  /** Failures in a row, after the start period, that make the container unhealthy. Default: 3. */
  readonly retries?: number
  /** Milliseconds after the start in which failures do not count. Default: 0. */
  readonly startPeriodMs?: number
  /** Milliseconds between two checks in the start period. Default: 5,000. */
  readonly startIntervalMs?: number
}
