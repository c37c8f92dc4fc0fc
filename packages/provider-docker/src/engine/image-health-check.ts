import type { HealthCheck } from '@moorage/core/provider'
import type { Client } from './client.ts'
import { expectSuccess } from './http.ts'

/** Source: Docker Engine API, "Inspect an image", Config. Durations are in nanoseconds; 0 stands for the default. */
interface ImageConfig {
  readonly Healthcheck?: {
    readonly Test?: readonly string[]
    readonly Interval?: number
    readonly Timeout?: number
    readonly StartPeriod?: number
    readonly StartInterval?: number
    readonly Retries?: number
  } | null
  readonly Shell?: readonly string[] | null
}

/** The HEALTHCHECK of an image; undefined where it has none. */
export async function readHealthCheck({ engine, imageName }: Client, image: string): Promise<HealthCheck | undefined> {
  const path = `/images/${encodeURIComponent(imageName(image))}/json`
  const { status, text } = await expectSuccess(engine.call({ method: 'GET', path }), 404)
  if (status === 404) return undefined
  return toHealthCheck((JSON.parse(text) as { readonly Config?: ImageConfig }).Config)
}

/** Source: Docker Engine API, HealthConfig.Test. */
function toHealthCheck({ Healthcheck, Shell }: ImageConfig = {}): HealthCheck | undefined {
  const [kind, ...test] = Healthcheck?.Test ?? []
  if (!Healthcheck || (kind !== 'CMD' && kind !== 'CMD-SHELL')) return undefined
  const duration = (nanoseconds: number | undefined): number | undefined =>
    nanoseconds ? nanoseconds / 1e6 : undefined
  const fields = {
    intervalMs: duration(Healthcheck.Interval),
    timeoutMs: duration(Healthcheck.Timeout),
    startPeriodMs: duration(Healthcheck.StartPeriod),
    startIntervalMs: duration(Healthcheck.StartInterval),
    retries: Healthcheck.Retries || undefined,
  }
  return {
    test: kind === 'CMD' ? test : [...(Shell ?? ['/bin/sh', '-c']), ...test],
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  }
}
