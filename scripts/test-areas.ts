import { dirname } from 'node:path'
import { filesOf, PROJECTS, type ProjectName } from './test-plan.ts'

/** The test files below a folder, or one file, by project. */
export type Area = ReadonlyMap<ProjectName, readonly string[]>

/** What `npm test -- AREA` can name: a package, or a folder of tests. */
export function areaNames(): readonly string[] {
  const folders = PROJECTS.flatMap(filesOf).map((file) => dirname(file).split('/').slice(0, 2).join('/'))
  return [...new Set(folders.filter((folder) => folder.includes('/')))]
    .map((name) => name.replace(/^test\//, ''))
    .toSorted()
}

/** Throws RangeError, with the list of areas, when no test file is in it. */
export function areaOf(name: string): Area {
  const path = name.replace(/^(packages|test)\//, '').replace(/(\/src)?\/?$/, '')
  const isInside = (file: string): boolean =>
    [path, `test/${path}`].some((place) => file === place || file.startsWith(`${place}/`)) ||
    file === `test/contract/${path.replace('provider-', '')}.test.ts`
  const found = PROJECTS.map((project) => [project, filesOf(project).filter(isInside)] as const)
  const area = new Map(found.filter(([, files]) => files.length))
  if (area.size) return area
  throw new RangeError(
    `No test file is in the area '${name}'. Name one of these, or a folder or file in them: ${areaNames().join(', ')}.`,
  )
}
