import type { Unit } from './running-unit.ts'

/** A container that `docker compose up` makes of a compose file. */
export interface ComposeMember {
  /** The name of the compose project. */
  readonly project: string
  /** The folder of the project, an absolute path: several folders can have a project of one name. */
  readonly folder: string
  /** The name of the service in the file. */
  readonly service: string
  /** The number of the container among those of its service, from 1. */
  readonly number: number
  /** The image as the file names it. Absent where Compose builds it. */
  readonly image?: string
}

/** What a container of a compose project must have, so that tests find in it what the file says. */
export interface WantedMember extends ComposeMember {
  /** The ports by name. Tests reach the first one. */
  readonly ports: { readonly [name: string]: number }
  /** Another service needs its end: it may have ended with exit code 0. */
  readonly completes: boolean
  /** The variables that the file sets. */
  readonly env: { readonly [name: string]: string }
}

/** The containers of a compose project that is up. */
export type FoundMembers =
  | { readonly units: { readonly [service: string]: Unit } }
  /** They cannot be used. Without a reason, the project is not up. */
  | { readonly units?: undefined; readonly reason?: string }
