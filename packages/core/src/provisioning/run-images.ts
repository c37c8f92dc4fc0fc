import type { Builder, BuiltImage, ImageBuild } from '../contract/builder.ts'
import type { BuildSpec, ImageStore, ImageStores } from '../contract/build-spec.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Provider, Report } from '../contract/provider.ts'
import { abortable } from '../provider-kit/clock.ts'
import { serviceHostName } from '../provider-kit/service-host-name.ts'
import type { RunContext } from './run-context.ts'
import type { RunSecrets } from './run-secrets.ts'
import type { TaskStack } from './task-stack.ts'

/** What builds use of the run. */
export interface RunImagesContext {
  readonly runContext: RunContext
  readonly tasks: TaskStack
  readonly signal: AbortSignal
  readonly phase: Report['phase']
  readonly secrets: RunSecrets
}

/** An image of the run, as its containers name it. */
export interface RunImage {
  readonly reference: string
  /** The platform that it was built for, where the provider has to know it. */
  readonly platform?: string
  /** Whether a registry has it. Otherwise no container may pull it. */
  readonly inRegistry: boolean
  /** Title of the task that removes it. */
  readonly task: string
}

export interface BuildInput {
  readonly service: string
  readonly spec: BuildSpec
  /** Runs the service. */
  readonly provider: Provider
}

/** The images that a run builds. Services with equal builds share one. */
export class RunImages {
  readonly #context: RunImagesContext
  readonly #images = new Map<string, Promise<RunImage>>()

  constructor(context: RunImagesContext) {
    this.#context = context
  }

  /**
   * Builds the image of a service, unless this run has it. Throws `MoorageError` (BUILD_FAILED, OPTION_UNSUPPORTED).
   */
  async get(input: BuildInput): Promise<RunImage> {
    const key = JSON.stringify([input.provider.name, repository(input), input.spec.digest])
    const image = this.#images.get(key) ?? this.#build(input)
    this.#images.set(key, image)
    image.catch(() => this.#images.delete(key))
    return await abortable(image, this.#context.signal)
  }

  async #build({ service, spec, provider }: BuildInput): Promise<RunImage> {
    const { runContext, tasks, signal, phase, secrets } = this.#context
    for (const secret of Object.values(spec.secrets ?? {})) if ('env' in secret) secrets.hide(secret.value ?? '')
    const found = (await provider.imageStores?.(signal)) ?? { stores: [], platforms: [] }
    const platform = choosePlatform(service, spec, found)
    const { run, builders: installed } = runContext
    const labels = { ...run.labels, [OWNER_LABEL]: JSON.stringify(run.owner) }
    const onProgress = (detail: string): void => phase(service, 'build', secrets.redact(detail))
    const describe = (store: ImageStore): ImageBuild => ({
      ...describeBuild({ service, spec, platform, store }, run.id),
      labels,
      onProgress,
    })
    const builders = (await installed?.load())?.builders ?? new Map<string, Builder>()
    const { name, builder, build } = await chooseBuilder(builders, { found, describe, service }, signal)
    const task = `image ${build.tag}`
    let building: Promise<BuiltImage> | undefined
    const reference = await tasks.run({
      title: task,
      setup: async () => {
        if (installed) runContext.journal(installed.ref, { builder: name, tag: build.tag, store: { ...build.store } })
        building = builder.build(build, signal)
        return await builder.publish(await building, build, signal)
      },
      teardown: async () => {
        await building?.catch(() => undefined)
        await builder.remove({ tag: build.tag, store: build.store }, new AbortController().signal)
      },
    })
    const inRegistry = build.store.kind === 'registry'
    return { reference, inRegistry, task, ...(platform === undefined ? {} : { platform }) }
  }
}

/** A build for one store, without what only a run has. */
export function describeBuild(
  {
    service,
    spec,
    platform,
    store,
  }: Pick<ImageBuild, 'service' | 'spec' | 'store'> & { readonly platform: string | undefined },
  runId: string,
): Omit<ImageBuild, 'labels' | 'onProgress'> {
  // No mirror and no registry is asked for an image of `localhost`.
  const prefix = store.kind === 'registry' ? store.prefix : LOCAL_PREFIX
  const tag = `${prefix}/${taggedName({ service, spec }, runId)}`
  return { service, spec, tag, ...(platform === undefined ? {} : { platform }), store }
}

// Also the label by which the Docker provider finds objects of dead owners.
const OWNER_LABEL = 'moorage.owner'
const TAG_HASH_LENGTH = 12
const LOCAL_PREFIX = 'localhost'

/** The name of an image that a run builds for an engine of this machine. */
export function builtImageName(input: Pick<BuildInput, 'service' | 'spec'>, runId: string): string {
  return `${LOCAL_PREFIX}/${taggedName(input, runId)}`
}

function taggedName(input: Pick<BuildInput, 'service' | 'spec'>, runId: string): string {
  return `${repository(input)}:${runId}-${input.spec.digest?.slice(0, TAG_HASH_LENGTH)}`
}

function repository({ service, spec }: Pick<BuildInput, 'service' | 'spec'>): string {
  return spec.name ?? `moorage/${serviceHostName(service)}`
}

/** The platform to build for. Throws `MoorageError` (OPTION_UNSUPPORTED) if no node has it. */
export function choosePlatform(
  service: string,
  { platform }: BuildSpec,
  { platforms }: ImageStores,
): string | undefined {
  if (platform === undefined) return platforms[0]
  if (!platforms.length || platforms.includes(platform)) return platform
  throw new MoorageError(
    'OPTION_UNSUPPORTED',
    `services.${service}.image.platform: no node of the cluster runs ${platform}.`,
    { service, phase: 'build', hint: `Build for one of ${platforms.join(', ')}, or omit platform.` },
  )
}

/** The first builder that can build for the first possible store. Throws `MoorageError` (BUILD_FAILED). */
export async function chooseBuilder(
  builders: ReadonlyMap<string, Builder>,
  {
    found: { stores, fix },
    describe,
    service,
  }: { readonly found: ImageStores; readonly service: string; describe(store: ImageStore): ImageBuild },
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly builder: Builder; readonly build: ImageBuild; readonly detail: string }> {
  const rejected: string[] = []
  for (const build of stores.map((store) => describe(store))) {
    const probes = await Promise.all([...builders.values()].map((builder) => builder.probe(build, signal)))
    for (const [i, [name, builder]] of [...builders].entries()) {
      const probe = probes[i]
      if (probe?.ok) return { name, builder, build, detail: probe.detail }
      if (probe) rejected.push(`  ${name}: ${probe.reason}. ${probe.fix}`)
    }
  }
  throw new MoorageError('BUILD_FAILED', `services.${service}.image: no builder can be used.`, {
    service,
    phase: 'build',
    hint: [...new Set(rejected), ...(fix ? [fix] : [])].join('\n'),
  })
}
