import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl } from '../../../e2e/harness/engine.ts'
import { createClient, type ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import { findCredentials } from '../../../packages/provider-kubernetes/src/cluster/find-credentials.ts'
import type { Credentials } from '../../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'

/** A namespace with users that have nothing but what a manifest grants them. The administrator impersonates them. */
export class GrantedUsers implements Disposable {
  readonly namespace = `moorage-rbac-${randomBytes(4).toString('hex')}`
  readonly #folder = mkdtempSync(join(tmpdir(), 'moorage-rbac-'))
  readonly #clusterWide: string[] = []
  #adminConfig: string | undefined

  constructor() {
    kubectl('create', 'namespace', this.namespace)
  }

  /** Grants what the manifests say. */
  grant(manifests: readonly string[]): void {
    // The namespace takes its own objects with it.
    for (const [kind, some] of Map.groupBy(manifests, (manifest) =>
      /^kind: ClusterRole$/m.test(manifest) ? 'cluster' : 'own',
    )) {
      const file = join(this.#folder, `${kind}-${this.#clusterWide.length}.yaml`)
      writeFileSync(file, some.join('---\n'))
      if (kind === 'cluster') this.#clusterWide.push(file)
      const { status, stderr } = kubectl('apply', '-f', file)
      if (status !== 0) throw new RangeError(stderr)
    }
  }

  /** Path of a kubeconfig with which the administrator acts as this user. */
  kubeconfig(user: string): string {
    const config = JSON.parse((this.#adminConfig ??= readAdminConfig())) as { users: { user: { as?: string } }[] }
    for (const entry of config.users) entry.user.as = user
    const file = join(this.#folder, `${user}.yaml`)
    writeFileSync(file, JSON.stringify(config))
    return file
  }

  async connect(user: string): Promise<ApiClient> {
    const options = { kubeconfig: this.kubeconfig(user), context: 'testbed', env: {}, root: process.cwd() }
    return createClient((await findCredentials(options)) as Credentials)
  }

  [Symbol.dispose](): void {
    for (const file of this.#clusterWide) kubectl('delete', '--ignore-not-found', '--wait=false', '-f', file)
    // The inventories of other tests must not see it go.
    kubectl('delete', 'namespace', this.namespace, '--wait=true')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function readAdminConfig(): string {
  return kubectl('config', 'view', '--raw', '-o', 'json').stdout
}
