/** The shells that completions exist for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
