import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { MappedService } from './mapping/to-services.ts'

// What users import.
const MODULE = JSON.stringify('moorage/compose')
const FIELDS = ['username', 'password', 'database'] as const

/**
 * The declarations that give `compose(path)` the names of its services, their ports and the fields of their
 * connections.
 */
export function servicesDeclaration(path: string, services: readonly MappedService[]): string {
  const lines = services.map(({ key, spec }) => {
    const ports = Object.keys(spec.ports).map((name) => JSON.stringify(name))
    const fields = FIELDS.filter((field) => typeof spec.container?.connection[field] === 'string')
    const parameters = [ports, fields.map((field) => JSON.stringify(field))].filter(
      (names, i) => i === 0 || names.length,
    )
    const shown = parameters.map((names) => names.join(' | ') || 'never').join(', ')
    return `      readonly ${JSON.stringify(key)}: ComposeService<${shown}>\n`
  })
  return `// Written by moorage from ${path}, and again when its services change.
import type { ComposeService } from ${MODULE}

declare module ${MODULE} {
  interface ComposeFiles {
    ${JSON.stringify(path)}: {
${lines.join('')}    }
  }
}
`
}

/** Writes a file unless it has that text. Several processes may do so at once. */
export function writeChanged(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  mkdirSync(dirname(file), { recursive: true })
  const own = `${file}.${process.pid}.tmp`
  writeFileSync(own, text)
  renameSync(own, file)
}
