import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { MoorageError } from '@moorage/core/provider'

export type Sdk = typeof import('testcontainers')
export type RuntimeClient = Awaited<ReturnType<Sdk['getContainerRuntimeClient']>>

interface LoadedSdk {
  readonly api: Sdk
  /** Resolves packages as the SDK does. */
  readonly require: NodeJS.Require
}

interface SdkProblem {
  readonly reason: string
  readonly fix: string
}

// Source: testcontainers' package.json, engines. On an older Node it throws while it loads.
const MIN_NODE_VERSION = [22, 22] as const

/** Why the SDK does not run on a version of Node; undefined when it does. */
export function runtimeProblem(nodeVersion: string): SdkProblem | undefined {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  const [minMajor, minMinor] = MIN_NODE_VERSION
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return undefined
  return {
    reason: `testcontainers needs Node ${MIN_NODE_VERSION.join('.')} or later, and this is ${nodeVersion}`,
    fix: 'use a newer Node, or another provider',
  }
}

/** Why the SDK cannot be loaded; undefined when it can. */
export function sdkProblem(root: string): SdkProblem | undefined {
  return resolveSdk(root)
    ? undefined
    : { reason: 'the package testcontainers is not installed', fix: 'npm install --save-dev testcontainers' }
}

/** The copy in the user's project, else the one installed beside moorage. */
function resolveSdk(root: string): string | undefined {
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve('testcontainers')
    } catch {
      // Not installed there.
    }
  }
  return undefined
}

/**
 * Loads a copy of the SDK. It keeps its engine in a module, so that each engine needs a copy of its own. Throws
 * `MoorageError` (PROVIDER_UNAVAILABLE) when it is not installed.
 */
export function loadSdk(root: string): LoadedSdk {
  const sdk = requireSdk(root)
  const folder = dirname(sdk.require.resolve('testcontainers/package.json'))
  for (const path of Object.keys(sdk.require.cache)) if (path.startsWith(folder + sep)) delete sdk.require.cache[path]
  return sdk
}

function requireSdk(root: string): LoadedSdk {
  const path = resolveSdk(root)
  if (!path)
    throw new MoorageError('PROVIDER_UNAVAILABLE', 'Provider docker: the package testcontainers is not installed.', {
      provider: 'docker',
      hint: 'npm install --save-dev testcontainers',
    })
  const require = createRequire(path)
  // While it loads, the SDK reads Docker's config, and a config that it cannot parse would end this process by an
  // unhandled rejection. It gets an empty one, because this provider reads credentials itself.
  const restoreVariables = setVariables({ DOCKER_AUTH_CONFIG: '{}' })
  try {
    return { api: require(path) as Sdk, require }
  } finally {
    restoreVariables()
  }
}

/** Sets variables, or deletes those that are undefined. Returns a function that undoes it. */
export function setVariables(variables: NodeJS.ProcessEnv): () => void {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  assignVariables(variables)
  return () => assignVariables(before)
}

function assignVariables(variables: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
