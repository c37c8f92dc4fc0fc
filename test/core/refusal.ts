import { isMoorageError, type MoorageError } from '@moorage/core'

/** The MoorageError that some work ends with; anything else, success too, fails the test. */
export async function refusal(work: () => unknown): Promise<MoorageError> {
  let result: unknown
  try {
    result = await work()
  } catch (error) {
    if (isMoorageError(error)) return error
    throw error
  }
  throw new RangeError(`not refused: ${JSON.stringify(result)}`)
}

/** Its code, and the whole of its message. */
export async function refused(work: () => unknown): Promise<string> {
  const { code, message } = await refusal(work)
  return `${code}\n${message}`
}
