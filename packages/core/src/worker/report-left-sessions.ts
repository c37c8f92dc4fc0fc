/** Who used a slot, in words: `the test 'adds a note' (/x/notes.test.ts)`. By service and index. */
const users = new Map<string, string>()

/**
 * Records the next user of a slot. Gives the listener for sessions that the previous user left open. It prints who left
 * them, because a driver reports their end in whatever test runs then.
 */
export function nextUser(service: string, index: number, user: string): (count: number) => void {
  const key = `${service} ${index}`
  const previous = users.get(key) ?? 'an earlier test of this worker'
  users.set(key, user)
  return (count) => void process.stderr.write(`moorage: ${leftSessions(service, count, previous)}\n`)
}

/** The text of the report. */
export function leftSessions(service: string, count: number, user: string): string {
  const were = count === 1 ? '1 session was' : `${count} sessions were`
  return `services.${service}: ${were} still open on the database of ${user}, and moorage has ended ${count === 1 ? 'it' : 'them'}. An error in a later test, such as "terminating connection", comes from there. Close the client before that test ends.`
}
