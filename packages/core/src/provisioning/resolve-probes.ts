import { isTemplate } from '../config/template.ts'
import type { Bytes, Probe, Template } from '../contract/service.ts'
import { resolveText } from './resolve-template.ts'
import type { TemplateScope } from './template-scope.ts'

/** Resolves every template of the probes. */
export function resolveProbes(probes: readonly Probe[], scope: TemplateScope): readonly Probe[] {
  return probes.map((probe) => {
    if (probe.kind === 'exec') return { ...probe, command: probe.command.map((part) => resolveText(part, scope)) }
    if (probe.kind !== 'exchange') return probe
    const { send, expect } = probe
    return { ...probe, expect: resolveBytes(expect, scope), ...(send ? { send: resolveBytes(send, scope) } : {}) }
  })
}

function resolveBytes(bytes: Bytes | Template, scope: TemplateScope): Bytes {
  if (isTemplate(bytes)) return { text: resolveText(bytes, scope) }
  return 'hex' in bytes ? bytes : { text: resolveText(bytes.text, scope) }
}
