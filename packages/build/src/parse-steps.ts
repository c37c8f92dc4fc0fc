import { stripVTControlCharacters } from 'node:util'

/** The step that a line of a builder's output begins; undefined for other lines. */
export function stepOf(line: string): string | undefined {
  // BuildKit's plain progress, the classic builder, and buildah.
  const [, buildKit, classic] =
    line.match(/^#\d+ (\[[^\]]+\] .+)$|^(?:Step|STEP|\[\d+\/\d+\] STEP) (\d+\/\d+ ?: .+)$/) ?? []
  return buildKit ?? classic
}

/** What a failed build reports. */
export interface FailedStep {
  /** The instruction, as the builder prints it. Default: it failed outside of any step. */
  readonly instruction?: string
  /** What the step wrote. */
  readonly output: readonly string[]
  /** The last message of the builder. */
  readonly message: string
}

/** The step of a Dockerfile that failed, in the output of any of the builders. */
export function failedStep(output: string): FailedStep {
  const lines = stripVTControlCharacters(output)
    .split(/\r?\n/)
    .filter((line) => line.trim())
  const message =
    lines
      .findLast((line) => !/^[-\s]*$/.test(line))
      ?.replace(/^(ERROR|Error|error|FATA\[\d+\]): ?/i, '')
      .trim() ?? ''
  return { ...(buildKitStep(lines) ?? sequentialStep(lines) ?? { output: [] }), message }
}

/** BuildKit repeats the step and its output between two rulers. */
function buildKitStep(lines: readonly string[]): Omit<FailedStep, 'message'> | undefined {
  const start = lines.findLastIndex((line) => /^ > (\[[^\]]*\] )?.+:$/.test(line))
  if (start < 0) return undefined
  const end = lines.findIndex((line, i) => i > start && /^-{6}/.test(line))
  const instruction = lines[start]?.match(/^ > (?:\[[^\]]*\] )?(.+):$/)?.[1]
  // The prefix is the number of the step and the seconds since its start.
  const written = lines
    .slice(start + 1, end < 0 ? undefined : end)
    .map((line) => line.replace(/^(#\d+ )?\d+\.\d+ /, ''))
  // Older releases repeat only the step.
  const output = written.length || !instruction ? written : outputOfVertex(lines, instruction)
  return { ...(instruction ? { instruction } : {}), output }
}

/** The lines of one step among those of steps that ran beside it: `#7 0.325 text`. */
function outputOfVertex(lines: readonly string[], instruction: string): readonly string[] {
  const [number = ''] =
    lines.findLast((line) => /^#\d+ \[/.test(line) && line.endsWith(instruction))?.match(/^#\d+/) ?? []
  const prefix = new RegExp(`^${number} \\d+\\.\\d+ `)
  return lines.filter((line) => prefix.test(line)).map((line) => line.replace(prefix, ''))
}

/** The classic builder and buildah run one step after another, so the last one has failed. */
function sequentialStep(lines: readonly string[]): Omit<FailedStep, 'message'> | undefined {
  const start = lines.findLastIndex((line) => /^(\[\d+\/\d+\] )?(Step|STEP) \d+/.test(line))
  if (start < 0) return undefined
  const instruction = lines[start]?.match(/(?:Step|STEP) \d+(?:\/\d+)? ?: (.+)$/)?.[1]
  const written = lines
    .slice(start + 1, -1)
    .filter((line) => !/^ ---> |^Removing intermediate container|^--> /.test(line))
  return { ...(instruction ? { instruction } : {}), output: written }
}
