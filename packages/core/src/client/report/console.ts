import { styleText } from 'node:util'
import { annotationsOf } from './github-annotations.ts'
import type { Environ } from '../../config/env-variables.ts'
import type { Progress, Tell } from '../../contract/progress.ts'

/** One line per change, for a stream that may be a terminal, a pipe, or the log of a CI job. */
export function printTo(stream: NodeJS.WritableStream, env: Environ = process.env): Tell {
  const paint = (style: 'green' | 'red' | 'dim', text: string): string => styleText(style, text, { stream })
  return (progress) => {
    const annotations = annotationsOf(progress, env)
    const lines = annotations.length ? annotations : linesOf(progress, paint)
    for (const line of lines) stream.write(`${line}\n`)
  }
}

type Paint = (style: 'green' | 'red' | 'dim', text: string) => string

function linesOf(progress: Progress, paint: Paint): readonly string[] {
  switch (progress.kind) {
    case 'provider':
      return [`moorage: provider ${progress.name} (${progress.reason})`]
    case 'phase':
      return !progress.detail && (progress.phase === 'admit' || progress.phase === 'pull') ? [] : [paint('dim', `moorage: ${progress.service} ${DOING[progress.phase]}${progress.detail ? ` ${progress.detail}` : ''}`)]
    case 'ready': {
      const how = progress.given ? 'already there' : `${(progress.ms / 1000).toFixed(2)} s`
      return [`moorage: ${paint('green', '✓')} ${[progress.service, progress.url, how].filter(Boolean).join('  ')}`]
    }
    case 'exited':
      return [`moorage: ${paint('red', '✗')} services.${progress.service} ${progress.reason}.${progress.logs.length ? ' Its last lines:' : ''}`, ...progress.logs.map((line) => `  ${line}`)]
    // The error that is thrown says it.
    case 'failed':
      return []
    case 'notice':
      return [`moorage: ${progress.text}`]
  }
}

const DOING = { admit: 'waiting for a place:', schedule: 'scheduling', pull: 'pulling', start: 'starting', ready: 'waiting until ready' } as const
