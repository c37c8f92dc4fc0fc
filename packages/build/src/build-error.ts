import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { BuildSpec, ImageBuild } from '@moorage/core/build'
import { MoorageError } from '@moorage/core/provider'
import { lineOf } from './find-instruction-line.ts'
import { failedStep } from './parse-steps.ts'

const MAX_OUTPUT_LINES = 50

/** The failed step, its output, and its line in the Dockerfile, from what a builder printed. */
export function toBuildError(builder: string, { service, spec }: ImageBuild, output: string): MoorageError {
  const { instruction, output: lines, message } = failedStep(output)
  const details = { service, phase: 'build' as const, logs: lines.slice(-MAX_OUTPUT_LINES) }
  const hint = `${builder} reports: ${message}`
  if (instruction === undefined)
    return new MoorageError('BUILD_FAILED', `services.${service}.image: ${builder} could not build it.`, {
      ...details,
      hint,
    })
  const line = lineOf(dockerfileText(spec), instruction)
  const name = spec.dockerfile === undefined ? 'dockerfileInline' : basename(spec.dockerfile)
  const place = line === undefined ? name : `${name}:${line}`
  return new MoorageError('BUILD_FAILED', `services.${service}.image: the build failed at ${place}: ${instruction}`, {
    ...details,
    hint,
  })
}

/** `action` continues `services.app.image: <builder> could not`. */
export function toPublishError(
  builder: string,
  { service, action, output }: { readonly service: string; readonly action: string; readonly output: string },
): MoorageError {
  const lines = output.trim().split(/\r?\n/)
  return new MoorageError('BUILD_FAILED', `services.${service}.image: ${builder} could not ${action}.`, {
    service,
    phase: 'build',
    hint: `${builder} reports: ${lines.at(-1) ?? ''}\n${publishHint(output)}`,
  })
}

function publishHint(output: string): string {
  if (/denied|unauthorized|authentication required|no basic auth|401|403/i.test(output))
    return 'Log in with `docker login`, with an account that may push there.'
  if (/HTTP response to HTTPS|certificate/i.test(output))
    return 'The registry must be reachable by HTTPS with a known certificate, unless it listens on the loopback.'
  return 'Check the address of the registry: kubernetes({ registry }) or MOORAGE_REGISTRY.'
}

export function dockerfileText({ dockerfile, dockerfileInline = '' }: BuildSpec): string {
  return dockerfile === undefined ? dockerfileInline : readFileSync(dockerfile, 'utf8')
}
