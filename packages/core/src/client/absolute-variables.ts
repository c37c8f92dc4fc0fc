import { delimiter, resolve } from 'node:path'
import type { EnvVariables } from '../config/env-variables.ts'

const PATHS = ['DOCKER_CERT_PATH', 'DOCKER_CONFIG', 'TMPDIR']
const PATH_LISTS = ['KUBECONFIG']

/**
 * The variables with relative paths made absolute, as the programs that define them read them: relative to the folder that
 * the user works in. A supervisor works in another one.
 */
export function withAbsolutePaths(env: EnvVariables, folder: string): EnvVariables {
  const paths = PATHS.flatMap((name) => (env[name] ? [[name, resolve(folder, env[name])] as const] : []))
  const lists = PATH_LISTS.flatMap((name) => {
    const files = (env[name] ?? '').split(delimiter).filter(Boolean)
    return files.length ? [[name, files.map((file) => resolve(folder, file)).join(delimiter)] as const] : []
  })
  return { ...env, ...Object.fromEntries([...paths, ...lists]) }
}
