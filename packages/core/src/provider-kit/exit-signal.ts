/** What an exit code above 128 says: engines tell a signal like a shell, as 128 and its number. */
export function exitSignal(code: number): { readonly signal?: string } {
  const signal = { 130: 'SIGINT', 131: 'SIGQUIT', 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' }[code]
  return signal ? { signal } : {}
}
