import { styleText } from 'node:util'
import type { Progress } from '@moorage/core'
import { describePhase, progressPrinter } from '@moorage/core/runner'

type Phase = Extract<Progress, { readonly kind: 'phase' }>

interface Row {
  readonly since: number
  phase: Phase
}

const REDRAW_INTERVAL_MS = 200
const DEFAULT_COLUMNS = 80

// Sources: ECMA-48, CUU (cursor up) and ED (erase in page).
const ESC = '\u001B['
const ERASE_BELOW = `${ESC}0J`

/**
 * Shows the services that are starting in lines that it redraws in place. Everything else becomes a lasting line above
 * them. Its stream is a terminal.
 */
export class LiveTable {
  readonly #stream: NodeJS.WriteStream
  readonly #print: (progress: Progress) => void
  readonly #rows = new Map<string, Row>()
  readonly #timer: NodeJS.Timeout
  #drawn = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#print = progressPrinter(stream)
    this.#timer = setInterval(() => this.#redraw(() => {}), REDRAW_INTERVAL_MS)
    this.#timer.unref()
  }

  show(progress: Progress): void {
    if (progress.kind === 'phase') {
      const since = this.#rows.get(progress.service)?.since ?? performance.now()
      this.#redraw(() => this.#rows.set(progress.service, { since, phase: progress }))
      return
    }
    this.#redraw(() => {
      if ('service' in progress && progress.service !== undefined) this.#rows.delete(progress.service)
      this.#print(progress)
    })
  }

  /** Removes what is redrawn, and leaves the lasting lines. */
  end(): void {
    clearInterval(this.#timer)
    this.#rows.clear()
    this.#redraw(() => {})
  }

  #redraw(change: () => void): void {
    if (this.#drawn) this.#stream.write(`${ESC}${this.#drawn}A\r${ERASE_BELOW}`)
    change()
    const lines = this.#lines()
    this.#drawn = lines.length
    for (const line of lines) this.#stream.write(`${styleText('dim', line, { stream: this.#stream })}\n`)
  }

  /** As many lines as the terminal can show: a line that has scrolled away could not be redrawn. */
  #lines(): readonly string[] {
    // A pseudo-terminal that was given no size has 0 of both.
    const columns = this.#stream.columns || DEFAULT_COLUMNS
    const rows = this.#stream.rows || Infinity
    const names = Math.max(0, ...[...this.#rows.keys()].map((name) => name.length))
    const lines = [...this.#rows].map(([name, { since, phase }]) => {
      const seconds = ((performance.now() - since) / 1000).toFixed(1)
      return `moorage: ${name.padEnd(names)}  ${seconds.padStart(5)} s  ${describePhase(phase)}`.slice(0, columns - 1)
    })
    return lines.slice(0, Math.max(0, rows - 1))
  }
}
