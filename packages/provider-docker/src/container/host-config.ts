import type { ContainerUnit } from '@moorage/core/provider'
import { withoutUndefined } from './create-options.ts'
import type { PortBindings } from './port-bindings.ts'
import type { FolderPlan } from './plan-folders.ts'

export interface HostConfigInput {
  readonly unit: ContainerUnit
  readonly ports: PortBindings
  readonly folders: FolderPlan
  /** The engine's names of the volumes, by the names in the config. */
  readonly volumes: ReadonlyMap<string, string>
  /** Of the service's access to this machine, as `name:address`. */
  readonly extraHosts: readonly string[]
}

// Source: Docker documentation, "json-file" and "local" drivers: both are built in, and can be read from the first
// line.
const LOG_DRIVER = 'json-file'

// Source: Docker Engine API, HostConfig.NanoCpus; "docker run --cpu-shares": 1024 is the weight of one container.
const NANO_CPUS = 1e9
const CPU_SHARES = 1024

/** `HostConfig` of a container. Source: Docker Engine API, "Create a container". */
export function hostConfig({ unit, ports, folders, volumes, extraHosts }: HostConfigInput): object {
  const { resources = {}, capabilities = {}, dns = {} } = unit
  const hosts = [...Object.entries(unit.extraHosts ?? {}).map((entry) => entry.join(':')), ...extraHosts]
  return withoutUndefined({
    PortBindings: ports,
    SecurityOpt: securityOptions(unit.securityOptions),
    // The engine's own driver may keep no logs, or keep them where the engine cannot read them.
    LogConfig: { Type: LOG_DRIVER, Config: unit.logOptions ?? {} },
    ExtraHosts: hosts.length ? hosts : undefined,
    Tmpfs: folders.mounts,
    Mounts: [
      ...folders.volumes.map(({ path, copiesImage }) => ({
        Type: 'volume',
        Target: path,
        VolumeOptions: { NoCopy: !copiesImage },
      })),
      ...Object.entries(unit.volumes ?? {}).map(([path, { volume, readOnly = false }]) => ({
        Type: 'volume',
        Source: volumes.get(volume),
        Target: path,
        ReadOnly: readOnly,
      })),
    ],
    GroupAdd: unit.groups,
    Dns: dns.servers,
    DnsSearch: dns.search,
    DnsOptions: dns.options,
    ShmSize: unit.shmSizeBytes,
    NanoCpus: resources.cpus && Math.round(resources.cpus * NANO_CPUS),
    Memory: resources.memoryBytes,
    PidsLimit: resources.pids,
    CpuShares: resources.reservedCpus && Math.max(2, Math.round(resources.reservedCpus * CPU_SHARES)),
    MemoryReservation: resources.reservedMemoryBytes,
    CapAdd: capabilities.add,
    CapDrop: capabilities.drop,
    Privileged: unit.privileged,
    Devices: unit.devices?.map(toDevice),
    Sysctls: unit.sysctls,
    Ulimits:
      unit.ulimits && Object.entries(unit.ulimits).map(([Name, { soft, hard }]) => ({ Name, Soft: soft, Hard: hard })),
    Init: unit.init,
    ReadonlyRootfs: unit.readOnlyRoot,
    PidMode: unit.pidMode,
    IpcMode: unit.ipcMode,
    RestartPolicy: unit.restart && { Name: unit.restart },
  })
}

/** Programs of the container gain no privileges by setuid, unless the config says so. */
function securityOptions(options: readonly string[] = []): readonly string[] {
  return options.some((option) => option.startsWith('no-new-privileges')) ? options : ['no-new-privileges', ...options]
}

function toDevice(text: string): object {
  const [host = '', second, third] = text.split(':')
  const isPath = second?.startsWith('/') ?? false
  return {
    PathOnHost: host,
    PathInContainer: isPath ? second : host,
    CgroupPermissions: (isPath ? third : second) ?? 'rwm',
  }
}
