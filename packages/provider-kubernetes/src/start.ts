import { setTimeout as sleep } from 'node:timers/promises'
import {
  readFileTrees,
  type ContainerUnit,
  type HostPortProxies,
  type Report,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { overQuota, refusalOf } from './pod/admission-errors.ts'
import type { ApiObject } from './api/types.ts'
import type { Client } from './api/client.ts'
import { create, tryCreate } from './api/create-object.ts'
import { planDelivery, type Delivery } from './files.ts'
import type { Subject } from './pod/diagnosis.ts'
import { hostLabel } from './labels.ts'
import { podManifest, secretManifest, type PodManifestInput } from './pod/manifest.ts'
import type { KubernetesOptions } from './options.ts'
import type { RunNamespace } from './lifetime/run-namespace.ts'
import { openRoute, type Ways } from './endpoint.ts'
import { untilStarted } from './pod/wait-started.ts'
import { deleteObject } from './stop.ts'
import { unitOf } from './unit.ts'

/** What the starts of one session share. */
export interface Work {
  readonly client: Client
  readonly report: Report
  readonly options: KubernetesOptions
  readonly place: Promise<RunNamespace>
  readonly relays: HostPortProxies
  readonly ways: Ways
  /** How often each service has been started. */
  readonly turns: Map<string, number>
}

// Milliseconds between two tries while a quota is used up.
const QUOTA = 1_000

/** Starts a service as a bare pod; resolves when its container runs, or has ended, which says nothing of its readiness. */
export async function startUnit(work: Work, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { client } = work
  signal.throwIfAborted()
  const place = await work.place
  signal.throwIfAborted()
  const { namespace, mode, run } = place
  const label = hostLabel(spec.name)
  // A pod that was taken down keeps its name for as long as it takes to end; no key has a dot.
  const turn = (work.turns.get(spec.name) ?? 0) + 1
  work.turns.set(spec.name, turn)
  const pod = `${mode === 'create' ? '' : `${run.id}-`}${label}${turn > 1 ? `.${turn}` : ''}`
  const { image, stopGrace: grace = 1, files } = spec.container as ContainerUnit
  const subject: Subject = { service: spec.name, image, pod, namespace }
  const delivery = planDelivery(readFileTrees(files), pod)
  const route = await openRoute(client, { ...subject, ports: Object.values(spec.ports) }, work.ways)
  const made: (() => Promise<unknown>)[] = [() => route.close()]
  const undo = async (): Promise<void> => {
    await Promise.all(made.map((take) => take()))
  }
  try {
    const { uid } = (await admit(work, { spec, subject, place, delivery, made }, signal)).metadata
    made.push(() => deleteObject(client, { namespace, kind: 'pods', name: pod, uid, grace }))
    await untilStarted(work, { subject, uid, observed: place.observed, delivery }, signal)
    return unitOf(work, { subject, uid, observed: place.observed, route, undo })
  } catch (error) {
    await undo()
    throw error
  }
}

interface Admission {
  readonly spec: UnitSpec
  readonly subject: Subject
  readonly place: RunNamespace
  readonly delivery: Delivery
  /** The way back for what was made. */
  readonly made: (() => Promise<unknown>)[]
}

async function admit(
  { client, report, options, relays }: Work,
  { spec, subject, place, delivery, made }: Admission,
  signal: AbortSignal,
): Promise<ApiObject> {
  const { namespace, pod: name } = subject
  const { run } = place
  const owner = place.deadman.reference
  const variables = Object.fromEntries(
    spec.sensitive.flatMap((key) => (spec.env[key] === undefined ? [] : [[key, spec.env[key]]])),
  )
  const secret = Object.keys(variables).length ? `${name}-env` : undefined
  const secrets = delivery.objects.map((object) => secretManifest({ run, owner }, object.name, { data: object.data }))
  if (secret) secrets.push(secretManifest({ run, owner }, secret, { stringData: variables }))
  // First what the pod refers to: a node that looks too early looks again only after seconds.
  await Promise.all(
    secrets.map(async (body) => {
      const { metadata } = (await create(client, { path: `/api/v1/namespaces/${namespace}/secrets`, body, signal }))
        .object
      made.push(() => deleteObject(client, { namespace, kind: 'secrets', name: metadata.name, uid: metadata.uid }))
    }),
  )
  const { hostAccess } = spec.container as ContainerUnit
  const machine = hostAccess && (await relays.openSamePorts(hostAccess === true ? [] : hostAccess))
  const shape: PodManifestInput = { run, spec, name, owner, options, namespace, secret, delivery, machine }
  for (const body = podManifest(shape); ;) {
    signal.throwIfAborted()
    const answer = await tryCreate(client, { path: `/api/v1/namespaces/${namespace}/pods`, body, signal })
    if ('object' in answer) return answer.object
    const quota = overQuota(answer)
    if (!quota) throw refusalOf(subject, answer)
    report.phase(subject.service, 'admit', quota)
    await sleep(QUOTA, undefined, { signal }).catch(() => {})
  }
}
