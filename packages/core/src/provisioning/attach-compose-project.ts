import type { PlannedService } from '../config/plan.ts'
import type { ComposeMember, FoundMembers, WantedMember } from '../contract/compose-member.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Session } from '../contract/provider.ts'
import type { ServiceSpec } from '../contract/service.ts'
import { abortable } from '../provider-kit/clock.ts'
import { runsToItsEnd } from './plan-diff.ts'
import type { Placement, StartContext } from './start-context.ts'

/**
 * Puts the containers of a compose project that is up into `context.attached`: those of all its services in the run, or
 * none, since half of them could not reach the other half. A line says so where such a project is not used. Throws
 * `MoorageError` (START_FAILED) where the run uses a project and a container of it is gone.
 */
export async function attachServices(
  context: StartContext,
  { starting, seeded = [] }: { readonly starting: ReadonlySet<string>; readonly seeded: readonly string[] | undefined },
): Promise<void> {
  const members = [...starting].filter((name) => memberOf(context, name) && sessionOf(context, name)?.findMembers)
  const keys = [...new Set(members.map((name) => projectKey(memberOf(context, name))))]
  const projects = keys.map((key) => members.filter((name) => projectKey(memberOf(context, name)) === key))
  await Promise.all(projects.map(async (names) => await attachProject(context, names, seeded)))
}

async function attachProject(
  context: StartContext,
  names: readonly string[],
  seeded: readonly string[],
): Promise<void> {
  const { abort, attached, onProgress } = context
  const [first = ''] = names
  const { project, folder } = memberOf(context, first) as ComposeMember
  const running = [...context.running.keys()].filter(
    (name) => !names.includes(name) && projectKey(memberOf(context, name)) === projectKey(memberOf(context, first)),
  )
  const isUsed = running.some((name) => attached.has(name))
  // The services of the run that run already are those that the others find by name.
  if (running.length && !isUsed) return
  const wanted = Object.fromEntries(names.map((name) => [name, wantedMember(context, name)]))
  const session = sessionOf(context, first) as Session
  const finding = session.findMembers?.(wanted, abort.signal) ?? Promise.resolve<FoundMembers>({})
  const found = await abortable(finding, abort.signal)
  const reason = found.units ? whyNot(context, names, seeded) : found.reason
  if (found.units && reason === undefined)
    for (const [name, unit] of Object.entries(found.units)) attached.set(name, unit)
  else if (isUsed)
    throw new MoorageError(
      'START_FAILED',
      `The run uses the compose project ${project}, and ${reason ?? 'it is no longer up'}.`,
      { service: first, hint: `Run: docker compose up -d (in ${folder}).` },
    )
  else if (reason !== undefined)
    onProgress({
      kind: 'notice',
      text: `The compose project ${project} is up, but not used: ${reason}. The run starts its own services.`,
    })
  if (reason !== undefined) await Promise.all(Object.values(found.units ?? {}).map(async (unit) => await unit.stop()))
}

/** Why the containers are not used, although they are there. */
function whyNot(context: StartContext, names: readonly string[], seeded: readonly string[]): string | undefined {
  const { plan, placements } = context
  const session = sessionOf(context, names[0] ?? '')
  for (const name of names) {
    if (seeded.includes(name)) return `the seed function of services.${name} would change its data`
    const option = writingOption(plan.services[name]?.spec)
    if (option !== undefined) return `services.${name}.${option} would change its data`
  }
  // A container of the run is in a network of the run.
  for (const [name, { needs }] of Object.entries(plan.services)) {
    if (names.includes(name) || placements.get(name)?.session !== session) continue
    const needed = names.find((member) => needs[member] !== undefined)
    if (needed !== undefined) return `services.${name}, which is not part of it, needs services.${needed}`
  }
  return undefined
}

function writingOption(spec: ServiceSpec | undefined): string | undefined {
  if (spec?.seed) return 'seed'
  if (spec?.isolate) return 'isolate'
  return spec?.container?.prepare ? 'prepare' : undefined
}

function wantedMember(context: StartContext, name: string): WantedMember {
  const { spec } = context.plan.services[name] as PlannedService
  const { ports, container } = spec
  const texts = Object.entries(container?.env ?? {}).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string'
  })
  const completes = runsToItsEnd(context.plan.services, name)
  return { ...(memberOf(context, name) as ComposeMember), ports, completes, env: Object.fromEntries(texts) }
}

function memberOf({ plan }: StartContext, name: string): ComposeMember | undefined {
  const planned = plan.services[name]
  return planned?.given === undefined ? planned?.spec.container?.composeMember : undefined
}

function sessionOf({ placements }: StartContext, name: string): Session | undefined {
  return (placements.get(name) as Placement | undefined)?.session
}

function projectKey(member: ComposeMember | undefined): string {
  return member ? `${member.project}\n${member.folder}` : ''
}
