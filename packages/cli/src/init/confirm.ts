import { createInterface } from 'node:readline'

/** Asks on the terminal. Enter and `y` mean yes; the end of the input and Ctrl-C mean no. */
export function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise((resolve) => {
    terminal.once('close', () => resolve(false))
    terminal.question(question, (answer) => {
      resolve(/^(y(es)?)?$/i.test(answer.trim()))
      terminal.close()
    })
  })
}
