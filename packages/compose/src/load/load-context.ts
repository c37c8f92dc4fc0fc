import type { Findings } from '../keys/findings.ts'
import type { ProjectVariables } from '../variables/project-environment.ts'

/** What surrounds the reading of a file. */
export interface LoadContext {
  /** The folder that relative paths start from. */
  readonly base: string
  readonly variables: ProjectVariables
  readonly findings: Findings
  /** The files that include this one, outermost first. */
  readonly includedBy: readonly string[]
}
