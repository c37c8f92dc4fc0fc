/** The line of the instruction that a builder names, counted from 1; undefined where none or several match. */
export function lineOf(dockerfile: string, instruction: string): number | undefined {
  const wanted = normalize(instruction)
  const found = instructions(dockerfile).filter(({ text }) => text === wanted)
  const similar = found.length ? found : instructions(dockerfile).filter(({ text }) => isSimilar(text, wanted))
  return similar.length === 1 ? similar[0]?.line : undefined
}

interface Instruction {
  readonly line: number
  readonly text: string
}

/** Source: Dockerfile reference: a backslash or a backtick continues a line, and comments are removed first. */
function instructions(dockerfile: string): readonly Instruction[] {
  const escape = /^#\s*escape\s*=\s*`/im.test(dockerfile) ? '`' : '\\'
  const found: Instruction[] = []
  let parts: string[] = []
  let first = 0
  let heredoc: string | undefined
  for (const [i, raw] of dockerfile.split(/\r?\n/).entries()) {
    if (heredoc !== undefined) {
      if (raw.replace(/^\t+/, '') === heredoc) heredoc = undefined
      continue
    }
    const line = raw.trim()
    if (!line || line.startsWith('#')) continue
    if (!parts.length) first = i + 1
    const continues = line.endsWith(escape)
    parts.push(continues ? line.slice(0, -1) : line)
    if (continues) continue
    const text = normalize(parts.join(' '))
    heredoc = /^(RUN|COPY|ADD)\b/i.test(text) ? text.match(/<<-?["']?(\w+)["']?/)?.[1] : undefined
    found.push({ line: first, text })
    parts = []
  }
  return found
}

function normalize(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Builders cut long instructions, and replace variables and heredocs. */
function isSimilar(text: string, wanted: string): boolean {
  const pattern = text
    .replace(/<<-?["']?\w+["']?.*$/, '<<')
    .split(/\$\{[^}]*\}|\$\w+|<</)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  const cut = wanted.replace(/(\.\.\.|…)$/, '')
  return new RegExp(`^${pattern}`).test(wanted) || (cut !== wanted && text.startsWith(cut))
}
