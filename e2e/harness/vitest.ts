import { newestOf, openRunner, type Files, type RunnerProject } from './project.ts'

export const versions = newestOf('3', '4', '5')

export type VitestVersion = (typeof versions)[number]

export function openVitest(version: VitestVersion, files: Files = {}): RunnerProject {
  return openRunner({ fixture: 'vitest', version, name: 'vitest', entry: ['vitest.mjs'] }, files)
}
