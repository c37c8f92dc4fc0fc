import { realpathSync } from 'node:fs'
import type { FoundMembers, WantedMember } from '@moorage/core/provider'
import type { Client } from '../engine/client.ts'
import { expectSuccess, type CallEngine } from '../engine/call-engine.ts'
import type { RunNetwork } from '../engine/network.ts'
import { composeUnit } from './compose-unit.ts'
import { memberProblem, type InspectedMember } from './member-problem.ts'

/** Source: docker/compose, pkg/api/labels.go. podman-compose sets the same labels. */
const LABEL = {
  project: 'com.docker.compose.project',
  folder: 'com.docker.compose.project.working_dir',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
} as const

/** Source: Docker Engine API, "List containers". */
interface ListedContainer {
  readonly Id: string
  readonly State?: string
  readonly Labels?: { readonly [label: string]: string }
}

export interface ProjectContext {
  readonly client: Promise<Client>
  /** The network of the run; its address is that of published ports. */
  readonly network: Promise<RunNetwork>
  /** Aborted when the session closes. */
  readonly closing: AbortSignal
}

/**
 * Finds the containers of a compose project for services of the run. Only asks the engine. A project is up if a
 * container of it runs.
 */
export async function findMembers(
  { client: loading, network: creating, closing }: ProjectContext,
  call: CallEngine,
  wanted: { readonly [service: string]: WantedMember },
): Promise<FoundMembers> {
  const members = Object.entries(wanted)
  const [first] = members
  if (!first) return {}
  const listed = await listProject(call, first[1])
  if (!listed.some(({ State }) => State === 'running')) return {}
  const found: (readonly [name: string, member: InspectedMember])[] = []
  for (const [name, member] of members) {
    const listing = listed.find(({ Labels = {} }) => isMember(Labels, member))
    if (!listing) return { reason: `it has no container of services.${member.service}` }
    const { status, text } = await expectSuccess(call({ method: 'GET', path: `/containers/${listing.Id}/json` }), 404)
    if (status === 404) return { reason: `the container of services.${member.service} is gone` }
    const container = JSON.parse(text) as InspectedMember
    const problem = memberProblem(container, member)
    if (problem !== undefined) return { reason: `its service ${member.service} ${problem}` }
    found.push([name, container])
  }
  const [client, network] = await Promise.all([loading, creating])
  const units = found.map(([name, container]) => [name, composeUnit(container, { client, network, closing })] as const)
  return { units: Object.fromEntries(units) }
}

async function listProject(call: CallEngine, { project, folder }: WantedMember): Promise<readonly ListedContainer[]> {
  const filters = JSON.stringify({ label: [`${LABEL.project}=${project}`] })
  const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`
  const { text } = await expectSuccess(call({ method: 'GET', path }))
  const all = JSON.parse(text) as readonly ListedContainer[]
  return all.filter(({ Labels = {} }) => {
    return Labels[LABEL.oneOff] !== 'True' && realPath(Labels[LABEL.folder]) === realPath(folder)
  })
}

function isMember(labels: NonNullable<ListedContainer['Labels']>, { service, number }: WantedMember): boolean {
  return labels[LABEL.service] === service && Number(labels[LABEL.number] ?? 1) === number
}

function realPath(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : realpathSync(path)
  } catch {
    // The engine is elsewhere, or the folder is gone.
    return path
  }
}
