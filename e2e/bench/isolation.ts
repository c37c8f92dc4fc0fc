import type { Bench } from './result.ts'
import { script } from './subject.ts'

/** A seeded PostgreSQL as a plain process: what a test waits for its own. A server of its own for each sample. */
export const isolation: Bench = {
  name: 'isolation',
  title: 'PostgreSQL of 12 MB: a database of its own for a test',
  subjects: { isolated: measureAll },
  targets: [
    { subject: 'reset', limit: 250 },
    { subject: 'reset, a session left open', limit: 250 },
  ],
}

async function measureAll(): Promise<{ [row: string]: number }> {
  const subject = script([process.execPath, 'e2e/bench/subjects/reset.mjs'])
  const { made, reset, ended, anew } = await subject.end()
  return {
    first: Number(made),
    reset: Number(reset),
    'reset, a session left open': Number(ended),
    'seeded again': Number(anew),
  }
}
