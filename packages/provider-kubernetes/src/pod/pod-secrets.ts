import type { UnitSpec } from '@moorage/core/provider'
import type { FileDelivery } from '../files.ts'
import { runLabels } from '../labels.ts'
import type { PodManifestInput } from './manifest-input.ts'
import type { PodRef } from './pod-ref.ts'

interface SecretContents {
  readonly spec: UnitSpec
  readonly ref: Pick<PodRef, 'pod'>
  readonly delivery: FileDelivery
}

type SecretOwner = Pick<PodManifestInput, 'run' | 'owner'>

/** The Secrets of a service, and the name of the one with its sensitive variables; undefined where there are none. */
export function podSecrets(
  { spec, ref, delivery }: SecretContents,
  owned: SecretOwner,
): { readonly envSecret: string | undefined; readonly secrets: object[] } {
  const sensitive = Object.fromEntries(
    spec.sensitive.flatMap((key) => (spec.env[key] === undefined ? [] : [[key, spec.env[key]]])),
  )
  const secrets = delivery.secrets.map((secret) => secretManifest(owned, secret.name, { data: secret.data }))
  if (!Object.keys(sensitive).length) return { envSecret: undefined, secrets }
  const envSecret = `${ref.pod}-env`
  return { envSecret, secrets: [...secrets, secretManifest(owned, envSecret, { stringData: sensitive })] }
}

/** A Secret with the sensitive variables of a service, or with its files (base64). */
export function secretManifest(
  { run, owner }: SecretOwner,
  name: string,
  content: { readonly stringData: object; readonly type?: string } | { readonly data: object },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    immutable: true,
    metadata: { name, labels: runLabels(run), ownerReferences: [owner] },
    ...content,
  }
}
