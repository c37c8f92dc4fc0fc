import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeDriverServices, pythonDriverServices, withUrlVariable } from '../detect/driver-services.ts'
import type { Project } from '../detect/detect-project.ts'
import { guessFromImage, mergeGuesses, type ServiceGuess } from '../detect/service-guess.ts'

const SITE_FOLDERS = ['site', 'public', 'static']

/** The services that a project needs, from its drivers and from the images that it starts today. */
export function guessServices(project: Project): readonly ServiceGuess[] {
  const { packages, pipelines, folder } = project
  const drivers = packages.flatMap(({ manifest, requirements }) => [
    ...nodeDriverServices(manifest.dependencies),
    ...pythonDriverServices(requirements),
  ])
  const images = [
    ...packages.flatMap(({ sources }) => sources.testcontainers.flatMap(({ use }) => (use ? [use] : []))),
    ...pipelines.steps.flatMap(({ use }) => (use ? [use] : [])),
  ].flatMap((use) => guessFromImage(use) ?? [])
  const variables = new Set(packages.flatMap(({ sources }) => [...sources.variables]))
  const found = mergeGuesses([...drivers.map(({ guess }) => guess), ...images]).map((guess) =>
    withUrlVariable(guess, variables),
  )
  if (found.length) return found
  const [first] = packages
  if (first?.runners.some(({ name }) => name === 'playwright')) {
    if ('start' in first.manifest.scripts) return [{ name: 'web', preset: 'npmServer', options: {} }]
    const root = SITE_FOLDERS.find((name) => existsSync(join(folder, name)))
    if (root !== undefined) return [{ name: 'web', preset: 'staticServer', options: { root } }]
  }
  return [{ name: 'db', preset: 'postgres', options: {} }]
}
