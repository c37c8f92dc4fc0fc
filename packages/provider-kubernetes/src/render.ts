import {
  readFileTrees,
  type ContainerUnit,
  type JsonObject,
  type Rendering,
  type Run,
  type UnitSpec,
} from '@moorage/core/provider'
import { DEFAULT_DOMAIN } from './cluster/cluster-dns.ts'
import { givenPlace, type NamespaceMode } from './cluster/select-cluster.ts'
import { deliverFiles } from './files.ts'
import { dnsServiceManifest, namespaceManifest } from './lifetime/run-namespace.ts'
import { SettingNotices } from './pod/setting-notices.ts'
import type { KubernetesOptions } from './options.ts'
import { aliasServiceManifest } from './pod/alias-services.ts'
import { podFolders } from './pod/prepare-folders.ts'
import { podName, podNames } from './pod/pod-names.ts'
import { podManifest } from './pod/manifest.ts'
import { podSecrets } from './pod/pod-secrets.ts'

export interface RenderContext {
  readonly options: KubernetesOptions
  readonly env: NodeJS.ProcessEnv
  readonly run: Pick<Run, 'id' | 'labels'>
}

interface Place extends RenderContext {
  readonly mode: NamespaceMode
  readonly namespace: string
  note(text: string): void
}

const REDACTED = '***'

/**
 * The objects of a run. Without a cluster, it has a namespace of its own unless the user names one. The Job that proves
 * the liveness of a run is left out, and so are the references to it.
 */
export function renderObjects(context: RenderContext, units: readonly UnitSpec[]): Rendering {
  const { options, env, run } = context
  const notes = new Set<string>()
  const given = givenPlace(options, env)
  const mode = given.mode ?? 'create'
  const namespace = mode === 'create' ? run.id : (given.namespace ?? 'default')
  const place: Place = { ...context, mode, namespace, note: (text) => void notes.add(text) }
  const notices = new SettingNotices({ notice: place.note })
  for (const { name, container } of units) notices.add(name, container as ContainerUnit, { isRestart: false })
  const objects = [dnsServiceManifest(run, {}), ...units.flatMap((unit) => renderUnit(place, unit))]
  return {
    objects: [
      ...(mode === 'create' ? [namespaceManifest(run, {}) as JsonObject] : []),
      ...objects.map((object) => inNamespace(object as Manifest, namespace)),
    ],
    notes: [...notes],
  }
}

function renderUnit(place: Place, spec: UnitSpec): readonly object[] {
  const { run, options, mode, namespace } = place
  const unit = spec.container as ContainerUnit
  const at = `services.${spec.name}`
  const name = podName(mode, run, spec.name)
  const delivery = deliverFiles(readFileTrees(unit.files), name)
  if (delivery.send) place.note(`${at}.files: a start sends them into the init container.`)
  if (unit.hostAccess !== undefined) place.note(`${at}.hostAccess: a start adds the address of this machine.`)
  const { envSecret, secrets } = podSecrets({ spec, ref: { pod: name }, delivery }, { run, owner: {} })
  const { aliases } = podNames(spec.name, unit)
  if (mode === 'shared' && aliases.length)
    place.note(`${at}: a start adds an EndpointSlice with the address of the pod, for its names ${aliases.join(', ')}.`)
  const pod = podManifest({
    run,
    spec,
    name,
    namespace,
    owner: {},
    options,
    delivery,
    folders: podFolders(unit),
    preparation: 'before',
    envSecret,
    pullSecret: undefined,
    dns: { domain: DEFAULT_DOMAIN },
    hostAddress: undefined,
  })
  return [
    ...secrets.map((secret) => withoutContent(secret as SecretManifest)),
    ...(mode === 'create' ? aliases.map((alias) => aliasServiceManifest(alias, { run, owner: {} })) : []),
    pod,
  ]
}

interface Manifest {
  readonly metadata: JsonObject
}

interface SecretManifest extends Manifest {
  readonly data?: JsonObject
  readonly stringData?: JsonObject
}

function withoutContent({ data = {}, stringData = {}, ...secret }: SecretManifest): object {
  const keys = [...Object.keys(data), ...Object.keys(stringData)]
  return { ...secret, stringData: Object.fromEntries(keys.map((key) => [key, REDACTED])) }
}

/** The object as `kubectl apply` takes it. Its owner would be an object of the cluster. */
function inNamespace(object: Manifest, namespace: string): JsonObject {
  const { name = '', ownerReferences: _owner, ...metadata } = object.metadata
  return { ...object, metadata: { name, namespace, ...metadata } } as JsonObject
}
