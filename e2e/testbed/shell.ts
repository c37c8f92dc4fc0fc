import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

export interface ShellOptions {
  input?: string
  cwd?: string
  env?: Record<string, string>
  /** Text instead of an error when the command fails. */
  otherwise?: string
}

const children = new Set<ChildProcess>()

/** Runs a command to its end and returns its standard output; a failure carries the last lines it printed. */
export async function sh(argv: string[], options: ShellOptions = {}): Promise<string> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' })
  children.add(child)
  let out = ''
  let tail = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-8000)))
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (status, signal) => resolve(status ?? signal ?? 'unknown'))
  })
  children.delete(child)
  if (code === 0) return out
  if (options.otherwise !== undefined) return options.otherwise
  const said = (tail + out.slice(-2000)).trim().split('\n').slice(-20).join('\n')
  throw new Error(`${argv.join(' ').slice(0, 200)}: ended with ${code}\n${said}`)
}

export function endCommands(): void {
  for (const child of children) child.kill()
}

export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}
