import type { SettingRefusal, SettingSupport } from '@moorage/core/provider'

const UNSUPPORTED: SettingRefusal = {
  reason: 'it is not implemented for containers of this provider',
  fix: 'Remove it.',
}

/** How each setting of a container is honoured. */
export const SETTING_SUPPORT: SettingSupport = {
  user: (user) =>
    /^\d+(:\d+)?$/.test(user)
      ? undefined
      : { reason: `'${user}' is not numeric`, fix: "Give 'uid' or 'uid:gid', as in '999:999'." },
  groups: UNSUPPORTED,
  workingDir: 'honoured',
  hostName: UNSUPPORTED,
  aliases: UNSUPPORTED,
  networks: UNSUPPORTED,
  labels: UNSUPPORTED,
  extraHosts: UNSUPPORTED,
  dns: UNSUPPORTED,
  tmpfs: 'honoured',
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
