import type { Environment } from '@moorage/core'

const LINE = String.raw`^moorage ready (?<variables>[\w-]+)$`
const RELAYED = /^moorage says ([\w-]+)\n/gm

/** What the holder says on stdout once everything is ready: plain ASCII, since Playwright puts chunks together as text. */
export function announce(variables: Environment['env']): string {
  return `moorage ready ${encoded(variables)}\n`
}

/** Lines for Playwright's own stderr: it puts its mark before those of the holder's, and no CI knows them any more. */
export function relay(lines: readonly string[]): string {
  return lines.length ? `moorage says ${encoded(lines)}\n` : ''
}

/**
 * Playwright's `wait.stdout`: it sets a variable for each named group, in capitals, before it starts the next entry.
 * The names are those of the services, which are not known yet, so the match sets them itself, as they are written.
 */
export class StdoutHandshake extends RegExp {
  #relayed = 0

  constructor() {
    // With the end of the line: a chunk may stop in the middle of the text.
    super(`${LINE}\\n`, 'm')
  }

  override exec(text: string): RegExpExecArray | null {
    const said = [...text.matchAll(RELAYED)].map(([, lines = '']) => decoded<readonly string[]>(lines))
    for (const line of said.slice(this.#relayed).flat()) process.stderr.write(`${line}\n`)
    this.#relayed = said.length
    const found = super.exec(text)
    const variables = found?.groups?.['variables']
    if (!found || variables === undefined) return null
    Object.assign(process.env, decoded<Environment['env']>(variables))
    delete found.groups
    return found
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decoded<T>(text: string): T {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as T
}
