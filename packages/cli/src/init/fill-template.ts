import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Values of a template: texts replace `__name__`, and `#if name` keeps lines if the value is neither false nor empty.
 */
export interface TemplateValues {
  readonly [name: string]: string | boolean
}

const folder = new URL('../../templates/', import.meta.url)

/** Reads a template of the package. */
export function readTemplate(name: string): string {
  return readFileSync(fileURLToPath(new URL(name, folder)), 'utf8')
}

/**
 * Fills in a template. A line `#if NAME`, `#if !NAME` or `#end` starts or ends an optional part; `#include FILE` stands
 * for a part that several templates share, indented as that line.
 */
export function fillTemplate(
  name: string,
  values: TemplateValues,
  read: (name: string) => string = readTemplate,
): string {
  const kept: string[] = []
  const open: boolean[] = []
  for (const line of expandIncludes(name, read)) {
    const [, word, argument = ''] = /^\s*#(if|end)\b\s*(.*)$/.exec(line) ?? []
    if (word === 'if') open.push(isTrue(argument, values))
    else if (word === 'end') open.pop()
    else if (!open.includes(false)) kept.push(line)
  }
  if (open.length) throw new RangeError(`${name}: #if without #end`)
  return kept.join('\n').replace(/__([a-z][A-Za-z]*)__/g, (_, key: string) => {
    const value = values[key]
    if (typeof value !== 'string') throw new RangeError(`${name}: no value for __${key}__`)
    return value
  })
}

function expandIncludes(name: string, read: (name: string) => string): readonly string[] {
  return read(name)
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', file] = /^(\s*)#include (\S+)$/.exec(line) ?? []
      if (file === undefined) return [line]
      return expandIncludes(file, read)
        .filter((included) => included !== '')
        .map((included) => indent + included)
    })
}

function isTrue(argument: string, values: TemplateValues): boolean {
  const name = argument.replace(/^!/, '')
  const value = values[name]
  if (value === undefined) throw new RangeError(`no value for #if ${name}`)
  return argument.startsWith('!') ? !value : Boolean(value)
}
