import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '../../contract/errors.ts'
import type { Progress } from '../../contract/progress.ts'

// The part of @opentelemetry/api that moorage uses, declared here to need no dependency.
interface Span {
  setAttribute(name: string, value: string | boolean): unknown
  addEvent(name: string): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  end(): void
}

type Context = object

interface Api {
  readonly context: { active(): Context }
  readonly trace: {
    getTracer(name: string): { startSpan(name: string, options: object, parent: Context): Span }
    setSpan(context: Context, span: Span): Context
  }
}

export interface ProvisionSpans {
  record(progress: Progress): void
  end(error?: unknown): void
}

// The global in which every copy of @opentelemetry/api finds the registered SDK. Without an SDK no span is recorded.
const REGISTERED_SDK = Symbol.for('opentelemetry.js.api.1')
// SpanStatusCode.ERROR of @opentelemetry/api.
const STATUS_ERROR = 2

/**
 * Starts a span for the provisioning, below the active span; each service gets a span of its own. Gives undefined where
 * the user's project has no OpenTelemetry SDK. `root` is the folder from which its API is resolved.
 */
export function startSpans(root: string): ProvisionSpans | undefined {
  const api = loadOtelApi(root)
  if (!api) return undefined
  const tracer = api.trace.getTracer('moorage')
  const provisionSpan = tracer.startSpan('moorage.provision', {}, api.context.active())
  const parent = api.trace.setSpan(api.context.active(), provisionSpan)
  const services = new Map<string, Span>()
  const spanOf = (service: string): Span => {
    const span =
      services.get(service) ??
      tracer.startSpan('moorage.service', { attributes: { 'moorage.service': service } }, parent)
    services.set(service, span)
    return span
  }
  return {
    record(progress) {
      if (progress.kind === 'provider') provisionSpan.setAttribute('moorage.provider', progress.name)
      if (progress.kind === 'phase') spanOf(progress.service).addEvent(progress.phase)
      if (progress.kind !== 'ready') return
      spanOf(progress.service).end()
      services.delete(progress.service)
    },
    end(error) {
      for (const span of [...services.values(), provisionSpan]) {
        if (error !== undefined) span.setStatus({ code: STATUS_ERROR, message: messageOf(error) })
        span.end()
      }
    },
  }
}

function loadOtelApi(root: string): Api | undefined {
  if (!(REGISTERED_SDK in globalThis)) return undefined
  try {
    return createRequire(join(root, 'package.json'))('@opentelemetry/api') as Api
  } catch {
    return undefined
  }
}
