/** `vitest list` runs global setups up to version 4, and needs no services. Options stand before the command, too. */
export function isListCommand(argv: readonly string[]): boolean {
  const words = argv.slice(2)
  const command = words.find((word, i) => !word.startsWith('-') && !takesNext(words[i - 1]))
  return command === 'list'
}

function takesNext(option: string | undefined): boolean {
  return option !== undefined && /^-(-[a-z-]+|[a-z])$/i.test(option) && !option.startsWith('--no-')
}
