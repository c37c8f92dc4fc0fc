import { join } from 'node:path'
import type { ProjectPackage } from '../detect/detect-project.ts'
import type { ServiceGuess } from '../detect/service-guess.ts'
import type { Proposal } from '../change.ts'
import { fillTemplate } from '../template.ts'

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
  const [service] = services
  if (sources.tests.length || !service || !runners.some(({ name }) => name === 'vitest')) return undefined
  const known = DRIVERS.find(({ preset, driver }) => preset === service.preset && driver in manifest.dependencies)
  const after = fillTemplate(`project/${known?.driver ?? 'url'}-test.ts`, { service: service.name })
  const path = join(manifest.folder, 'test', `services.test.${typescript ? 'ts' : 'mjs'}`)
  return { kind: 'change', change: { path, before: undefined, after } }
}
