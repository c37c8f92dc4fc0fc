import type { Command, Invocation } from '../command.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'

const SCRIPTS: { readonly [shell: string]: (commands: readonly Command[]) => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** Prints the completion script of a shell. */
export async function runCompletion({ args: [shell = ''], commands }: Invocation): Promise<number> {
  process.stdout.write(await Promise.resolve(SCRIPTS[shell]?.(commands) ?? ''))
  return 0
}
