import type { ContainerUnit, Report } from '@moorage/core/provider'
import { MAX_NAMESERVERS } from './dns-fields.ts'

/** Prints what settings of services mean less in a pod than on other engines, each once in a run. */
export class SettingNotices {
  readonly #report: Pick<Report, 'notice'>
  readonly #printed = new Set<string>()
  readonly #networks = new Set<string>()

  constructor(report: Pick<Report, 'notice'>) {
    this.#report = report
  }

  /** `isRestart`: the service has run before in this run. */
  add(service: string, unit: ContainerUnit, { isRestart }: { readonly isRestart: boolean }): void {
    const at = `services.${service}`
    for (const network of Object.keys(unit.networks ?? {})) this.#networks.add(network)
    if (this.#networks.size > 1)
      this.#once(
        'networks',
        `${at}.networks: the services of a run share one network on Kubernetes, so those of different networks can ` +
          'reach each other.',
      )
    if (Object.keys(unit.logOptions ?? {}).length)
      this.#once(
        'logOptions',
        `${at}.logOptions has no effect on Kubernetes, here and in other services: the nodes decide how logs are kept.`,
      )
    if (unit.dns?.servers?.length)
      this.#once(
        'dns.servers',
        `${at}.dns.servers: a pod asks the DNS server of the cluster first, and these only if it does not answer; at ` +
          `most ${MAX_NAMESERVERS} servers in all.`,
      )
    if (isRestart && Object.keys(unit.volumes ?? {}).length)
      this.#once(`volumes of ${service}`, `${at}.volumes: on Kubernetes, they are empty again after a restart.`)
  }

  #once(key: string, text: string): void {
    if (this.#printed.has(key)) return
    this.#printed.add(key)
    this.#report.notice(text)
  }
}
