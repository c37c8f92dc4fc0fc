import { isMoorageError, type MoorageError } from '@moorage/core'

/** The MoorageError that some work throws. Any other outcome, success included, fails the test. */
export async function thrownError(work: () => unknown): Promise<MoorageError> {
  let result: unknown
  try {
    result = await work()
  } catch (error) {
    if (isMoorageError(error)) return error
    throw error
  }
  throw new RangeError(`no error was thrown: ${JSON.stringify(result)}`)
}

/** Its code, a line break, and its message. */
export async function thrownMessage(work: () => unknown): Promise<string> {
  const { code, message } = await thrownError(work)
  return `${code}\n${message}`
}
