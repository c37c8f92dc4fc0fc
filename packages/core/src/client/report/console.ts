import { styleText } from 'node:util'
import { githubAnnotations } from './github-annotations.ts'
import type { EnvVariables } from '../../config/env-variables.ts'
import type { Progress, ProgressListener } from '../../contract/progress.ts'

/** One line per change, for a stream that may be a terminal, a pipe, or the log of a CI job. */
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
      return !progress.detail && (progress.phase === 'admit' || progress.phase === 'pull')
        ? []
        : [
            paint(
              'dim',
              `moorage: ${progress.service} ${PHASE_LABELS[progress.phase]}${progress.detail ? ` ${progress.detail}` : ''}`,
            ),
          ]
    case 'ready': {
      const how = progress.given ? 'already there' : `${(progress.ms / 1000).toFixed(2)} s`
      return [`moorage: ${paint('green', '✓')} ${[progress.service, progress.url, how].filter(Boolean).join('  ')}`]
    }
    case 'exited':
      return [
        `moorage: ${paint('red', '✗')} services.${progress.service} ${progress.reason}.${progress.logs.length ? ' Its last lines:' : ''}`,
        ...progress.logs.map((line) => `  ${line}`),
      ]
    // The error that is thrown says it.
    case 'failed':
      return []
    case 'notice':
      return [`moorage: ${progress.text}`]
  }
}

const PHASE_LABELS = {
  admit: 'waiting for a place:',
  schedule: 'scheduling',
  pull: 'pulling',
  start: 'starting',
  ready: 'waiting until ready',
} as const
