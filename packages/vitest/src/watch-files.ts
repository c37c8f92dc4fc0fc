import type { TestProject } from 'vitest/node'

/** Runs the tests again when one of these files, or a file below one of these folders, changes. */
export function watchFiles({ vitest }: TestProject, files: readonly string[]): void {
  const triggers = vitest.config.forceRerunTriggers
  const patterns = files.map((file) => escapeGlob(file.replaceAll('\\', '/'))).flatMap((file) => [file, `${file}/**`])
  triggers.push(...patterns.filter((pattern) => !triggers.includes(pattern)))
  // Vite watches its root only.
  vitest.vite.watcher.add([...files])
}

function escapeGlob(path: string): string {
  return path.replaceAll(/[()[\]{}!*?+@|]/g, '\\$&')
}
