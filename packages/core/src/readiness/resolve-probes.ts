import { ownScope, type ScopeParts } from '../provisioning/service-connection.ts'
import type { Bytes, Probe } from '../contract/service.ts'
import { resolveText, type TemplateScope } from '../config/template.ts'

/** Probes with every template filled in. */
export function resolveProbes(probes: readonly Probe[], parts: ScopeParts): readonly Probe[] {
  const scope = ownScope(parts)
  return probes.map((probe) => {
    if (probe.kind === 'exec') return { ...probe, command: probe.command.map((part) => resolveText(part, scope)) }
    if (probe.kind !== 'exchange') return probe
    return { ...probe, expect: bytes(probe.expect, scope), ...(probe.send ? { send: bytes(probe.send, scope) } : {}) }
  })
}

function bytes(value: Bytes, scope: TemplateScope): Bytes {
  return 'hex' in value ? value : { text: resolveText(value.text, scope) }
}
