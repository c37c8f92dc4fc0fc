import { MoorageError } from '../contract/errors.ts'

// The engines of package.json: locks and configs in TypeScript need it.
const MIN_NODE = [22, 18] as const

/**
 * Throws MoorageError (USAGE) in an older Node. Package managers install a package in spite of its `engines`, and a
 * function that is missing would otherwise be the only message.
 */
export function requireNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [minMajor, minMinor] = MIN_NODE
  if (major > minMajor || (major === minMajor && minor >= minMinor)) return
  throw new MoorageError('USAGE', `moorage needs Node ${MIN_NODE.join('.')} or later. This is v${version}.`, {
    hint: 'Install a newer Node, or make the command that runs the tests use it.',
  })
}
