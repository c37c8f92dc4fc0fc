import type { ContainerSettings, TmpfsMount } from '../contract/container-settings.ts'

/** The folders of `tmpfs` as mounts. Their paths do not end with a slash. */
export function tmpfsMounts({ tmpfs = [] }: Pick<ContainerSettings, 'tmpfs'>): readonly TmpfsMount[] {
  return tmpfs
    .map((mount) => (typeof mount === 'string' ? { path: mount } : mount))
    .map((mount) => ({ ...mount, path: mount.path.replace(/(.)\/+$/, '$1') }))
}
