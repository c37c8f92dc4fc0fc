import { join } from 'node:path'
import type { ProjectPackage } from '../detect/detect-project.ts'
import type { ServiceGuess } from '../detect/service-guess.ts'
import type { Proposal } from '../change.ts'
import { fillTemplate } from '../fill-template.ts'

// The drivers that a template exists for.
const DRIVERS = [
  { preset: 'postgres', driver: 'pg' },
  { preset: 'mongodb', driver: 'mongodb' },
  { preset: 'redis', driver: 'redis' },
] as const

/** A first test of Vitest, for a package without any test: it asks the database. */
export function proposeSampleTest(
  { manifest, runners, sources }: ProjectPackage,
  services: readonly ServiceGuess[],
  typescript: boolean,
): Proposal | undefined {
  if (sources.tests.length || !runners.some(({ name }) => name === 'vitest')) return undefined
  const driverOf = (guess: ServiceGuess | undefined): string | undefined =>
    DRIVERS.find(({ preset, driver }) => preset === guess?.preset && driver in manifest.dependencies)?.driver
  const service = services.find((guess) => driverOf(guess) !== undefined) ?? services[0]
  if (!service) return undefined
  const after = fillTemplate(`project/${driverOf(service) ?? 'url'}-test.ts`, { service: service.name })
  const path = join(manifest.folder, 'test', `services.test.${typescript ? 'ts' : 'mjs'}`)
  return { kind: 'change', change: { path, before: undefined, after } }
}
