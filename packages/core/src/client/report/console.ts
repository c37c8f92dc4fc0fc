import { styleText } from 'node:util'
import { githubAnnotations } from './github-annotations.ts'
import { describeGiven } from '../../config/given-services.ts'
import type { EnvVariables } from '../../config/url-variables.ts'
import type { Progress, ProgressListener } from '../../contract/progress.ts'

/** Prints one line for each event, on a terminal, a pipe, or into the log of a CI job. */
export function progressPrinter(stream: NodeJS.WritableStream, env: EnvVariables = process.env): ProgressListener {
  const paint = (style: 'green' | 'red' | 'dim', text: string): string => styleText(style, text, { stream })
  return (progress) => {
    const annotations = githubAnnotations(progress, env)
    const lines = annotations.length ? annotations : formatProgress(progress, paint)
    for (const line of lines) stream.write(`${line}\n`)
  }
}

type Paint = (style: 'green' | 'red' | 'dim', text: string) => string

function formatProgress(progress: Progress, paint: Paint): readonly string[] {
  switch (progress.kind) {
    case 'provider':
      return [`moorage: provider ${progress.name} (${progress.reason})`]
    case 'phase':
      return formatPhase(progress, paint)
    case 'ready': {
      const how = describeReady(progress)
      return [`moorage: ${paint('green', '✓')} ${[progress.service, progress.url, how].filter(Boolean).join('  ')}`]
    }
    case 'exited': {
      const heading = `services.${progress.service} ${progress.reason}.${progress.logs.length ? ' Its last lines:' : ''}`
      return [`moorage: ${paint('red', '✗')} ${heading}`, ...progress.logs.map((line) => `  ${line}`)]
    }
    // The error that the start throws has the message.
    case 'failed':
      return []
    case 'notice':
      return [`moorage: ${progress.text}`]
  }
}

function describeReady({ given, composeProject, joined, ms }: Extract<Progress, { readonly kind: 'ready' }>): string {
  if (given !== undefined) return describeGiven({ variable: given, ignored: [] })
  if (composeProject !== undefined) return `compose project ${composeProject} is up: used as it is, not started`
  return joined ? 'already running' : `${(ms / 1000).toFixed(2)} s`
}

// Phases that are usually over at once: printed with a detail only.
const BRIEF_PHASES: readonly string[] = ['admit', 'build', 'pull']

type PhaseProgress = Extract<Progress, { readonly kind: 'phase' }>

function formatPhase(progress: PhaseProgress, paint: Paint): readonly string[] {
  const { service, phase, detail } = progress
  if (!detail && BRIEF_PHASES.includes(phase)) return []
  return [paint('dim', `moorage: ${service} ${describePhase(progress)}`)]
}

/** What a service is doing, without its name. */
export function describePhase({ phase, detail }: PhaseProgress): string {
  return `${PHASE_LABELS[phase]}${detail ? ` ${detail}` : ''}`
}

const PHASE_LABELS = {
  admit: 'waiting for capacity:',
  build: 'building',
  schedule: 'scheduling',
  pull: 'pulling',
  start: 'starting',
  ready: 'waiting until ready',
} as const
