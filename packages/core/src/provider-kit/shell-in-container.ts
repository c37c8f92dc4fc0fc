/** A command that starts bash where a container has it, and sh elsewhere. */
export const SHELL_IN_CONTAINER: readonly string[] = [
  'sh',
  '-c',
  'if command -v bash >/dev/null; then exec bash; else exec sh; fi',
]
