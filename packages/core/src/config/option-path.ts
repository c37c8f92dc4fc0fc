/** The key as the user wrote it: a preset moves the option into a form. */
export function optionPath(at: string): string {
  return at.replace(/^(services\.[^.]+)\.(?:container|process)\./, '$1.')
}
