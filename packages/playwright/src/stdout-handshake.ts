import type { Environment } from '@moorage/core'

const READY_LINE = String.raw`^moorage ready (?<variables>[\w-]+)$`
const STDERR_LINE = /^moorage stderr ([\w-]+)\n/gm

/**
 * The line on stdout that reports the variables once all services are ready. ASCII, since Playwright joins chunks as
 * text.
 */
export function encodeReady(variables: Environment['env']): string {
  return `moorage ready ${encode(variables)}\n`
}

/**
 * Lines for Playwright to print. It prefixes a web server's own stderr, and CI systems ignore annotations with a
 * prefix.
 */
export function encodeStderrLines(lines: readonly string[]): string {
  return lines.length ? `moorage stderr ${encode(lines)}\n` : ''
}

/**
 * Playwright's `wait.stdout`. Before it starts the next entry, Playwright sets an upper-case variable for each named
 * group. The names of the services are not known in advance, so `exec` sets the variables itself.
 */
export class StdoutHandshake extends RegExp {
  #printed = 0

  constructor() {
    // Requires the line break: a chunk may end in the middle of the line.
    super(`${READY_LINE}\\n`, 'm')
  }

  override exec(text: string): RegExpExecArray | null {
    const batches = [...text.matchAll(STDERR_LINE)].map(([, lines = '']) => decode<readonly string[]>(lines))
    for (const line of batches.slice(this.#printed).flat()) process.stderr.write(`${line}\n`)
    this.#printed = batches.length
    const match = super.exec(text)
    const variables = match?.groups?.['variables']
    if (!match || variables === undefined) return null
    Object.assign(process.env, decode<Environment['env']>(variables))
    delete match.groups
    return match
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode<T>(text: string): T {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as T
}
