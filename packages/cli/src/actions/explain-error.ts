import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MoorageError } from '@moorage/core'
import type { Invocation } from '../command.ts'

/** Prints the page of an error code. Throws `MoorageError` (USAGE) if the package lacks its pages. */
export async function runExplain({ args: [code = ''] }: Invocation): Promise<number> {
  const page = findPage(join('docs', 'errors', `${code}.md`), dirname(fileURLToPath(import.meta.url)))
  if (page === undefined)
    throw new MoorageError('USAGE', `explain: this installation contains no page for ${code}.`, {
      hint: 'Install moorage again: npm install --save-dev moorage',
    })
  process.stdout.write(readFileSync(page, 'utf8').replaceAll(/\]\((?:\.\.\/)*/g, '](docs/'))
  return 0
}

/** The file in a folder or above it: the depth of this module differs between the sources and the build. */
function findPage(path: string, folder: string): string | undefined {
  const file = join(folder, path)
  if (existsSync(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : findPage(path, parent)
}
