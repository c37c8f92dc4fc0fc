/** A program that works in a folder of the run. */
export async function program({ dir }) {
  return { command: ['sh', '-c', 'echo up; exec sleep 1000'], cwd: await dir() }
}
