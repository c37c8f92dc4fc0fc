import type { SettingRefusal } from '@moorage/core/provider'

/** The fields of a container's security context that `securityOptions` stand for. */
export interface SecurityOptions {
  readonly allowPrivilegeEscalation?: boolean
  readonly seccompProfile?: object
  readonly appArmorProfile?: object
  readonly seLinuxOptions?: { readonly [field: string]: string }
}

type Parsed = { readonly fields: SecurityOptions } | { readonly refusal: SettingRefusal }

/** Parses Docker's `--security-opt`. Source: Docker, "docker container run", security options. */
export function parseSecurityOptions(options: readonly string[]): Parsed {
  let fields: SecurityOptions = {}
  for (const [i, option] of options.entries()) {
    const [, name = option, value = ''] = /^([^:=]+)[:=](.*)$/.exec(option) ?? []
    const parsed = parseOption(name, value, fields.seLinuxOptions)
    if ('reason' in parsed) return { refusal: { at: `[${i}]`, ...parsed } }
    fields = { ...fields, ...parsed }
  }
  return { fields }
}

function parseOption(
  name: string,
  value: string,
  seLinuxOptions: SecurityOptions['seLinuxOptions'],
): SecurityOptions | Omit<SettingRefusal, 'at'> {
  if (name === 'no-new-privileges') return { allowPrivilegeEscalation: value === 'false' }
  if (name === 'seccomp') return parseSeccomp(value)
  if (name === 'apparmor') return { appArmorProfile: parseAppArmor(value) }
  if (name === 'label') {
    // The type that SELinux does not confine. Source: Kubernetes, "Pod Security Standards", SELinux.
    const [, field, text = ''] = /^(user|role|type|level):(.*)$/.exec(value === 'disable' ? 'type:spc_t' : value) ?? []
    if (field) return { seLinuxOptions: { ...seLinuxOptions, [field]: text } }
  }
  return {
    reason: `a pod has no counterpart of the option '${name}'`,
    fix: 'Remove it, or run the service with provider docker.',
  }
}

function parseSeccomp(value: string): SecurityOptions | Omit<SettingRefusal, 'at'> {
  if (value === 'unconfined') return { seccompProfile: { type: 'Unconfined' } }
  if (value === 'builtin') return { seccompProfile: { type: 'RuntimeDefault' } }
  return {
    reason: `a pod can use the profile '${value}' only where an administrator has copied it to every node`,
    fix: 'Use seccomp:unconfined or seccomp:builtin, or remove it.',
  }
}

function parseAppArmor(value: string): object {
  if (value === 'unconfined') return { type: 'Unconfined' }
  // Docker's name for the profile of the engine.
  if (value === 'docker-default') return { type: 'RuntimeDefault' }
  return { type: 'Localhost', localhostProfile: value }
}
