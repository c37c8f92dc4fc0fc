/**
 * Adds a label after each FROM of a Dockerfile, so that the image of every step has it. The classic builder itself adds
 * labels only after the last step. Source: Dockerfile reference: a backslash or a backtick continues a line.
 */
export function labelStages(dockerfile: string, [name, value]: readonly [name: string, value: string]): string {
  const escape = /^#\s*escape\s*=\s*`/im.test(dockerfile) ? '`' : '\\'
  const label = `LABEL ${name}=${JSON.stringify(value)}`
  let instruction: string | undefined
  const lines = dockerfile.split(/\r?\n/).flatMap((raw) => {
    const line = raw.trim()
    if (!line || line.startsWith('#')) return [raw]
    instruction ??= line.split(/\s/)[0]?.toUpperCase()
    if (line.endsWith(escape)) return [raw]
    const isStage = instruction === 'FROM'
    instruction = undefined
    return isStage ? [raw, label] : [raw]
  })
  return lines.join('\n')
}
