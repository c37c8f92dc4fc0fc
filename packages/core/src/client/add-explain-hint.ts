import { isMoorageError, withHintLine, type ErrorCode } from '../contract/errors.ts'

/** How users read the page of an error code, which the package contains. */
export function runbookHint(code: ErrorCode): string {
  return `More: moorage explain ${code}`
}

/** Adds the command that explains its code to the error of some work. Who has stopped the work knows why. */
export async function nameRunbook<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    const explained = isMoorageError(error) && error.code !== 'ABORTED'
    throw explained ? withHintLine(error, runbookHint(error.code)) : error
  })
}
