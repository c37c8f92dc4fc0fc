import { createRequire } from 'node:module'
import { join } from 'node:path'
import { messageOf } from '../../contract/errors.ts'
import type { Progress } from '../../contract/progress.ts'

// The part of @opentelemetry/api that is used: no dependency, and none of its types in ours.
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
  follow(progress: Progress): void
  end(error?: unknown): void
}

// Where every copy of @opentelemetry/api keeps what an SDK has registered. Without one nothing would be recorded.
const REGISTERED = Symbol.for('opentelemetry.js.api.1')
// SpanStatusCode.ERROR
const ERROR = 2

/** A span for the provisioning and one for each service in it, below the span that is active; undefined where none is recorded. */
export function startSpans(root: string): ProvisionSpans | undefined {
  const api = loadOtelApi(root)
  if (!api) return undefined
  const tracer = api.trace.getTracer('moorage')
  const whole = tracer.startSpan('moorage.provision', {}, api.context.active())
  const parent = api.trace.setSpan(api.context.active(), whole)
  const services = new Map<string, Span>()
  const spanOf = (service: string): Span => {
    const known =
      services.get(service) ??
      tracer.startSpan('moorage.service', { attributes: { 'moorage.service': service } }, parent)
    services.set(service, known)
    return known
  }
  return {
    follow(progress) {
      if (progress.kind === 'provider') whole.setAttribute('moorage.provider', progress.name)
      if (progress.kind === 'phase') spanOf(progress.service).addEvent(progress.phase)
      if (progress.kind !== 'ready') return
      spanOf(progress.service).end()
      services.delete(progress.service)
    },
    end(error) {
      const left = [...services.values(), whole]
      for (const span of left) {
        if (error !== undefined) span.setStatus({ code: ERROR, message: messageOf(error) })
        span.end()
      }
    },
  }
}

function loadOtelApi(root: string): Api | undefined {
  if (!(REGISTERED in globalThis)) return undefined
  try {
    return createRequire(join(root, 'package.json'))('@opentelemetry/api') as Api
  } catch {
    return undefined
  }
}
