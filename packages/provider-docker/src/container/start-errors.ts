import { MoorageError, type ContainerSettings } from '@moorage/core/provider'
import { refusalMessage } from '../errors.ts'

// The texts of Docker's engine, of runc and of Podman. The first match counts.
const REFUSED_SETTINGS: readonly (readonly [setting: keyof ContainerSettings, refusal: RegExp])[] = [
  ['capabilities', /\bCap(Add|Drop)\b|unknown capability|invalid capability/i],
  ['logOptions', /log[- ]opt|log driver/i],
  ['devices', /device (information|node|path|cgroup|mode)|custom device|stat(ing)? device|\/dev\/\S+: no such file/i],
  ['sysctls', /sysctl/i],
  ['ulimits', /ulimit|rlimit/i],
  ['groups', /unable to find group|no matching entries in group/i],
  ['user', /unable to find user|no matching entries in passwd|no users found|invalid user/i],
  ['resources', /memory limit|memory reservation|range of cpus|cpu-?shares|pids[- ]limit|cpu cfs|cpu quota/i],
  ['securityOptions', /security[- ]opt|apparmor|seccomp|selinux/i],
  ['stopSignal', /invalid signal/i],
  ['extraHosts', /extra ?host|add-host|host-gateway/i],
  ['dns', /dns|nameserver/i],
  ['hostName', /host ?name/i],
  ['workingDir', /working directory|\bcwd\b/i],
  ['ipcMode', /ipc/i],
  ['init', /init binary|docker-init|catatonit/i],
  ['privileged', /apply caps|privileged/i],
  ['pidMode', /pid mode|pid namespace/i],
]

/** The error for a container that the engine did not create or start; names the setting at fault where it is known. */
export function toStartError(
  error: unknown,
  { service, image, settings }: { readonly service: string; readonly image: string; readonly settings: object },
): MoorageError {
  const refusal = refusalMessage(error)
  const details = { service, provider: 'docker', phase: 'start' as const, cause: error }
  if (/executable file .*not found|exec: .*(no such file or directory|permission denied)/i.test(refusal)) {
    return new MoorageError('START_FAILED', `services.${service}.command: ${image} cannot run it.`, {
      ...details,
      hint: `The engine says: ${refusal}\nCorrect the command; it must exist inside the image.`,
    })
  }
  // A text that only looks like another setting's must not blame one that the config does not have.
  const [setting] = REFUSED_SETTINGS.find(([name, text]) => Object.hasOwn(settings, name) && text.test(refusal)) ?? []
  if (setting)
    return new MoorageError('START_FAILED', `services.${service}.${setting}: the engine does not accept it.`, {
      ...details,
      hint: `The engine says: ${refusal}`,
    })
  return new MoorageError('START_FAILED', `services.${service}: the engine did not start it.`, {
    ...details,
    hint: `The engine says: ${refusal}`,
  })
}
