import type { ContainerUnit } from '@moorage/core/provider'

type Setting = keyof ContainerUnit

// By the reason in the refusal. Sources: k8s.io/pod-security-admission, policy/check_*.go; OpenShift, security context
// constraints.
const SETTINGS_BY_REASON: readonly { readonly reason: RegExp; readonly settings: readonly Setting[] }[] = [
  { reason: /\bprivileged \(|Privileged containers are not allowed/, settings: ['privileged'] },
  { reason: /allowPrivilegeEscalation/, settings: ['privileged', 'capabilities', 'securityOptions'] },
  { reason: /capabilities/, settings: ['capabilities'] },
  { reason: /hostPID|Host PID/, settings: ['pidMode'] },
  { reason: /hostIPC|Host IPC/, settings: ['ipcMode'] },
  { reason: /seccomp|AppArmor|seLinux/i, settings: ['securityOptions'] },
  { reason: /sysctl/, settings: ['sysctls'] },
]

/** The settings of a service that a policy of the cluster refuses, by the text of the refusal. */
export function settingsBehindPolicy(message: string, unit: ContainerUnit | undefined): readonly Setting[] {
  const named = SETTINGS_BY_REASON.filter(({ reason }) => reason.test(message)).flatMap(({ settings }) => settings)
  return [...new Set(named)].filter((setting) => unit?.[setting] !== undefined && unit[setting] !== false)
}
