import { isMoorageError, MoorageError, messageWithoutHint, type ErrorCode } from '../contract/errors.ts'

/** How users read the page of an error code, which the package contains. */
export function runbookHint(code: ErrorCode): string {
  return `More: moorage explain ${code}`
}

/** Adds the command that explains its code to the error of some work. */
export async function nameRunbook<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw withRunbook(error)
  })
}

function withRunbook(error: unknown): unknown {
  // Whoever has stopped the work knows why.
  if (!isMoorageError(error) || error.code === 'ABORTED') return error
  const hint = [error.hint, runbookHint(error.code)].filter((text) => text !== undefined).join('\n')
  return Object.assign(new MoorageError(error.code, messageWithoutHint(error), { ...error.details, hint }), {
    stack: error.stack,
  })
}
