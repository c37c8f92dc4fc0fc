import type { SettingRefusal, SettingSupport } from '@moorage/core/provider'

const UNSUPPORTED: SettingRefusal = {
  reason: 'pods of moorage have no such setting',
  fix: 'Remove it, or run the service with provider docker.',
}

/** What each setting of a container becomes in a pod. */
export const SETTING_SUPPORT: SettingSupport = {
  user: (user) =>
    /^\d+(:\d+)?$/.test(user)
      ? undefined
      : { reason: `'${user}' is not numeric`, fix: "Write 'uid' or 'uid:gid', for example '999:999'." },
  groups: UNSUPPORTED,
  workingDir: 'honoured',
  hostName: UNSUPPORTED,
  aliases: UNSUPPORTED,
  networks: UNSUPPORTED,
  labels: UNSUPPORTED,
  extraHosts: UNSUPPORTED,
  dns: UNSUPPORTED,
  tmpfs(mounts) {
    const withMode = mounts.findIndex((mount) => typeof mount !== 'string' && mount.mode !== undefined)
    if (withMode === -1) return undefined
    return {
      at: `[${withMode}].mode`,
      reason: 'Kubernetes chooses the permissions of a folder in memory',
      fix: 'Remove the mode; every user may write to the folder.',
    }
  },
  volumes: UNSUPPORTED,
  shmSizeBytes: UNSUPPORTED,
  resources: UNSUPPORTED,
  capabilities: UNSUPPORTED,
  privileged: UNSUPPORTED,
  devices: UNSUPPORTED,
  sysctls: UNSUPPORTED,
  ulimits: UNSUPPORTED,
  securityOptions: UNSUPPORTED,
  init: UNSUPPORTED,
  readOnlyRoot: UNSUPPORTED,
  pidMode: UNSUPPORTED,
  ipcMode: UNSUPPORTED,
  tty: UNSUPPORTED,
  stdin: UNSUPPORTED,
  stopSignal: UNSUPPORTED,
  stopGrace: 'honoured',
  restart: UNSUPPORTED,
  platform: UNSUPPORTED,
  pull: UNSUPPORTED,
  udpPorts: UNSUPPORTED,
  hostPorts: UNSUPPORTED,
  logOptions: UNSUPPORTED,
  healthCheck: UNSUPPORTED,
  hostAccess: 'honoured',
}
