import { connect } from 'node:net'

export async function collect(lines: AsyncIterable<{ readonly text: string }>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const { text } of lines) all.push(text)
  return all
}

/** Sends text, gives what comes back; `refused` or `closed` otherwise. */
export function exchange(host: string, port: number, text: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect({ host, port }, () => socket.write(text))
    const end = (answer: string): void => {
      socket.destroy()
      done(answer)
    }
    socket.once('data', (data) => end(data.toString()))
    socket.once('error', () => end('refused'))
    socket.once('close', () => end('closed'))
    socket.setTimeout(2_000, () => end('silent'))
  })
}
