import type { Environment } from '@moorage/core'

const LINE = String.raw`^moorage ready (?<variables>[\w-]+)$`

/** What the holder says on stdout once everything is ready: plain ASCII, since Playwright puts chunks together as text. */
export function announce(variables: Environment['env']): string {
  return `moorage ready ${Buffer.from(JSON.stringify(variables)).toString('base64url')}\n`
}

/**
 * Playwright's `wait.stdout`: it sets a variable for each named group, in capitals, before it starts the next entry.
 * The names are those of the services, which are not known yet, so the match sets them itself, as they are written.
 */
export class Announcement extends RegExp {
  constructor() {
    // With the end of the line: a chunk may stop in the middle of the text.
    super(`${LINE}\\n`, 'm')
  }

  override exec(text: string): RegExpExecArray | null {
    const found = super.exec(text)
    const variables = found?.groups?.['variables']
    if (!found || variables === undefined) return null
    Object.assign(process.env, JSON.parse(Buffer.from(variables, 'base64url').toString()) as Environment['env'])
    delete found.groups
    return found
  }
}
