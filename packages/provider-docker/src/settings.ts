import { tmpfsMounts, type ContainerForm, type OptionProblem, type SettingSupport } from '@moorage/core/provider'
import { isWithin } from './container/plan-folders.ts'

/** An engine has every setting of a container. */
export const SETTING_SUPPORT: SettingSupport = {
  user: 'honoured',
  groups: 'honoured',
  workingDir: 'honoured',
  hostName: 'honoured',
  aliases: 'honoured',
  networks: 'honoured',
  labels: 'honoured',
  extraHosts: 'honoured',
  dns: 'honoured',
  tmpfs: 'honoured',
  volumes: 'honoured',
  shmSizeBytes: 'honoured',
  resources: 'honoured',
  capabilities: 'honoured',
  privileged: 'honoured',
  devices: 'honoured',
  sysctls: 'honoured',
  ulimits: 'honoured',
  securityOptions: 'honoured',
  init: 'honoured',
  readOnlyRoot: 'honoured',
  pidMode: 'honoured',
  ipcMode: 'honoured',
  tty: 'honoured',
  stdin: 'honoured',
  stopSignal: 'honoured',
  stopGrace: 'honoured',
  restart: 'honoured',
  platform: 'honoured',
  pull: 'honoured',
  udpPorts: 'honoured',
  hostPorts: 'honoured',
  logOptions: 'honoured',
  healthCheck: 'honoured',
  hostAccess: 'honoured',
}

/**
 * Combinations that the engine cannot honour: it delivers no files into a read-only root, but only into volumes below
 * it, whose top folder it leaves to root.
 */
export function refusedCombinations(form: ContainerForm | undefined): readonly OptionProblem[] {
  if (!form?.readOnlyRoot) return []
  const targets = Object.keys(form.files ?? {})
  const mounts = tmpfsMounts(form)
  const filled = mounts.findIndex(({ path }) => targets.some((target) => isWithin(target, path)))
  const atTop = targets.find((target) => /^\/[^/]*$/.test(target))
  return [
    ...(atTop === undefined
      ? []
      : [
          {
            at: 'files',
            reason: `with a read-only root, nothing can be delivered to ${atTop}`,
            fix: 'Deliver it into a folder below the root, or remove readOnlyRoot.',
          },
        ]),
    ...(filled === -1
      ? []
      : [
          {
            at: `tmpfs[${filled}]`,
            reason: 'with a read-only root, a folder in memory cannot receive files',
            fix: 'Deliver the files into another folder, or remove readOnlyRoot.',
          },
        ]),
    ...(form.user === undefined || /^[\d:]+$/.test(form.user) || !mounts.length
      ? []
      : [
          {
            at: 'user',
            reason: `with a read-only root, a folder in memory cannot be given to a user by name, such as '${form.user}'`,
            fix: "Write 'uid' or 'uid:gid', or remove readOnlyRoot.",
          },
        ]),
  ]
}
