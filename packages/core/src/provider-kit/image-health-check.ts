import type { HealthCheck } from '../contract/container-settings.ts'

/** The config of an image. Durations are in nanoseconds; 0 stands for the default. Source: moby, HealthConfig. */
export interface ImageConfig {
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

/** The HEALTHCHECK of an image; undefined where it has none. Source: Docker Engine API, HealthConfig.Test. */
export function imageHealthCheck({ Healthcheck, Shell }: ImageConfig = {}): HealthCheck | undefined {
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
