/**
 * An error with its stack and its causes, as the log of a crashed supervisor has it. Without the fields of the error,
 * which may hold credentials, and without credentials in URLs.
 */
export function describeCrash(error: unknown): string {
  if (!(error instanceof Error)) return withoutCredentials(String(error))
  const cause = error.cause === undefined ? '' : `\ncaused by: ${describeCrash(error.cause)}`
  return `${withoutCredentials(error.stack ?? String(error))}${cause}`
}

function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@')
}
