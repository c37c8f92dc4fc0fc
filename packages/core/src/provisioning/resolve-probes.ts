import { isTemplate } from '../config/find-templates.ts'
import type { Bytes, HttpProbe, Probe, Template } from '../contract/service.ts'
import { resolveText } from './resolve-template.ts'
import type { TemplateScope } from './template-scope.ts'

/** Resolves every template of the probes. */
export function resolveProbes(probes: readonly Probe[], scope: TemplateScope): readonly Probe[] {
  return probes.map((probe) => {
    if (probe.kind === 'exec') return { ...probe, command: probe.command.map((part) => resolveText(part, scope)) }
    if (probe.kind === 'http') return resolveHttp(probe, scope)
    if (probe.kind !== 'exchange') return probe
    const { send, expect } = probe
    return { ...probe, expect: resolveBytes(expect, scope), ...(send ? { send: resolveBytes(send, scope) } : {}) }
  })
}

function resolveBytes(bytes: Bytes | Template, scope: TemplateScope): Bytes {
  if (isTemplate(bytes)) return { text: resolveText(bytes, scope) }
  return 'hex' in bytes ? bytes : { text: resolveText(bytes.text, scope) }
}

function resolveHttp(probe: HttpProbe, scope: TemplateScope): HttpProbe {
  const { headers, body } = probe
  const texts = Object.entries(headers ?? {}).map(([name, value]) => [name, resolveText(value, scope)] as const)
  return {
    ...probe,
    ...(headers ? { headers: Object.fromEntries(texts) } : {}),
    ...(body === undefined ? {} : { body: resolveText(body, scope) }),
  }
}
