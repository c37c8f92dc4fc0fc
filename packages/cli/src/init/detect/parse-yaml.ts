import { MoorageError } from '@moorage/core'
import { LineCounter, parseAllDocuments, type Document } from '../../vendor/yaml.ts'

export interface YamlFile {
  readonly documents: readonly Document.Parsed[]
  /** The line of an offset in the text, from 1. */
  lineAt(offset: number): number
}

/** Parses a YAML file. Throws `MoorageError` (CONFIG_INVALID) with file and line if it is not valid. */
export function parseYaml(path: string, text: string): YamlFile {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
    version: '1.2',
  })
  const documents = [...parsed]
  const [error] = documents.flatMap((document) => document.errors)
  if (error) {
    const { line } = lines.linePos(error.pos[0])
    throw new MoorageError('CONFIG_INVALID', `${path}:${line}: this is not valid YAML: ${error.message}.`, {
      hint: 'Fix the file and run init again. Nothing was written.',
    })
  }
  return { documents, lineAt: (offset) => lines.linePos(offset).line }
}
