// Numbers of signal(7); an engine reports a signal as 128 plus its number, like a shell.
const SIGNAL_BY_EXIT_CODE: { readonly [code: number]: string } = {
  130: 'SIGINT',
  131: 'SIGQUIT',
  134: 'SIGABRT',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  143: 'SIGTERM',
}

/** The signal that an exit code above 128 stands for; empty for any other exit code. */
export function exitSignal(code: number): { readonly signal?: string } {
  const signal = SIGNAL_BY_EXIT_CODE[code]
  return signal ? { signal } : {}
}
