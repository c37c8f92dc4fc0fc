import { newestOf, openRunner, type Files, type RunnerProject } from './project.ts'

export { runsIn } from './project.ts'

export const versions = newestOf('1.50', '1.57', 'latest')

export type PlaywrightVersion = (typeof versions)[number]

export function openPlaywright(version: PlaywrightVersion, files: Files = {}, source = 'playwright'): RunnerProject {
  return openRunner(
    { fixture: 'playwright', source, version, name: '@playwright/test', entry: ['cli.js', 'test'] },
    files,
  )
}
