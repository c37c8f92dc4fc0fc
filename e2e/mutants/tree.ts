import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Mutant } from './mutants.ts'

/**
 * A copy of the work tree. Its workspace links, being relative, lead into the copy; only what was fetched is shared.
 */
export interface Tree extends Disposable {
  readonly folder: string
  /** A new cache folder for each run: what a mutant leaves behind affects no other run. */
  newCache(): string
  /** Applies a mutant; the result takes it back. */
  mutate(mutant: Mutant): Disposable
}

const LEFT_OUT = new Set(['.git', 'dist', '.moorage-packages'])
const SHARED = join('node_modules', '.pnpm')

export function copyTree(): Tree {
  const root = resolve('.')
  // Short: the path of a socket has to fit in 107 bytes.
  const base = mkdtempSync(join(tmpdir(), 'moorage-mutants-'))
  const folder = join(base, 'tree')
  mkdirSync(folder)
  const filter = (source: string): boolean => !LEFT_OUT.has(basename(source)) && source !== join(root, SHARED)
  for (const name of readdirSync(root).filter((entry) => filter(join(root, entry)))) {
    cpSync(join(root, name), join(folder, name), { recursive: true, verbatimSymlinks: true, filter })
  }
  symlinkSync(join(root, SHARED), join(folder, SHARED))
  return {
    folder,
    newCache: () => mkdtempSync(join(base, 'c-')),
    mutate({ name, file, find, replace }) {
      const path = join(folder, file)
      const text = readFileSync(path, 'utf8')
      const count = text.split(find).length - 1
      if (count !== 1)
        throw new RangeError(
          `mutant '${name}': its text occurs ${count} times in ${file}, and has to occur once:\n${find}`,
        )
      writeFileSync(
        path,
        text.replace(find, () => replace),
      )
      return { [Symbol.dispose]: () => writeFileSync(path, text) }
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }),
  }
}
