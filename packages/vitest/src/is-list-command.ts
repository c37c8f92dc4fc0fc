/**
 * Whether the command is `vitest list`, which needs no services but runs global setups before Vitest 5. Options may
 * precede the command.
 */
export function isListCommand(argv: readonly string[]): boolean {
  const words = argv.slice(2)
  const command = words.find((word, i) => !word.startsWith('-') && !takesValue(words[i - 1]))
  return command === 'list'
}

function takesValue(option: string | undefined): boolean {
  return option !== undefined && /^-(-[a-z-]+|[a-z])$/i.test(option) && !option.startsWith('--no-')
}
