import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readProject, type Project } from '../../packages/compose/src/load/read-project.ts'
import { toPlain } from '../../packages/compose/src/yaml/tree.ts'

/** A folder with these files, removed after the test. */
export function projectFolder(files: { readonly [path: string]: string }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'compose-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** The project in a folder with these files. */
export function project(
  files: { readonly [path: string]: string },
  env: { readonly [name: string]: string } = {},
): Project & { readonly plain: Record<string, unknown> } {
  const folder = projectFolder(files)
  const read = readProject({ files: [], folder, env })
  return { ...read, plain: toPlain(read.root) as Record<string, unknown> }
}

/** The message of what a call throws, with the folder of the test cut out of it. */
export function messageOfCall(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return (error as Error).message.replaceAll(/\/[^\s:]*\/compose-\w{6}\//g, '')
  }
  return 'nothing was thrown'
}
