import type { ConfigChoice } from '@moorage/core/runner'

// The plugin and the global setup are loaded separately, and share the objects of Vitest only.
const KEY = Symbol.for('moorage.config-choice')

interface Chosen {
  [KEY]?: ConfigChoice
}

/** Records the options of a plugin for its project. Other projects of this Vitest use them if they have none. */
export function recordChoice(vitest: object, project: object | undefined, choice: ConfigChoice): void {
  ;(vitest as Chosen)[KEY] ??= choice
  if (project) (project as Chosen)[KEY] = choice
}

/** The options of the plugin that a project has, or else of another project's. Empty without options. */
export function recordedChoice(vitest: object, project: object): ConfigChoice {
  return (project as Chosen)[KEY] ?? (vitest as Chosen)[KEY] ?? {}
}
