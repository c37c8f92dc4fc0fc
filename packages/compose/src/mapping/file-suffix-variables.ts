import { readFileSync, statSync } from 'node:fs'
import type { ContainerForm } from '@moorage/core'

type Variables = { readonly [name: string]: string }

const MAX_SECRET_BYTES = 64 * 1024

/**
 * The variables with the content of the files that names such as `POSTGRES_PASSWORD_FILE` lead to, as the official
 * images read them. Only files that the service gets count.
 */
export function withFileVariables(variables: Variables, files: ContainerForm['files'] = {}): Variables {
  const found = Object.entries(variables).flatMap(([name, path]) => {
    const file = name.endsWith('_FILE') ? files[path] : undefined
    const text = file && contentOf(file)
    return text === undefined ? [] : [[name.slice(0, -'_FILE'.length), text.replace(/\n+$/, '')] as const]
  })
  return { ...Object.fromEntries(found), ...variables }
}

function contentOf(file: NonNullable<ContainerForm['files']>[string]): string | undefined {
  if (!('$file' in file)) return typeof file.content === 'string' ? file.content : undefined
  const stat = statSync(file.$file)
  return stat.isFile() && stat.size <= MAX_SECRET_BYTES ? readFileSync(file.$file, 'utf8') : undefined
}
