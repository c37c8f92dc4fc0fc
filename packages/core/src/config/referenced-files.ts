import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AnyConfig } from '../contract/config-types.ts'
import type { Json } from '../contract/json.ts'

/**
 * Absolute paths of the files and folders that a config names: seeds, files of containers, folders of sites. A runner
 * that watches them sees each edit that restarts a service. Left out are installed packages and folders that contain
 * the whole project, in which most edits are of tests.
 */
export function configFiles({ services, root }: AnyConfig): readonly string[] {
  const paths = fileRefs(services as unknown as Json).map((file) =>
    file.startsWith('file:') ? fileURLToPath(file) : resolve(root, file),
  )
  return [...new Set(paths)].filter((path) => !path.split(sep).includes('node_modules') && !contains(path, root))
}

function fileRefs(value: Json): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const { $file: file } = value as { readonly $file?: Json }
  return typeof file === 'string' ? [file] : Object.values(value).flatMap((item) => fileRefs(item as Json))
}

function contains(folder: string, path: string): boolean {
  return relative(folder, path).split(sep)[0] !== '..'
}
