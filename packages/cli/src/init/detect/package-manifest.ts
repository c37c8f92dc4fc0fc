import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf, MoorageError } from '@moorage/core'

type Names = { readonly [name: string]: string }

/** What `moorage init` reads of a package.json. */
export interface PackageManifest {
  readonly path: string
  readonly folder: string
  readonly text: string
  readonly name: string | undefined
  readonly isModule: boolean
  readonly scripts: Names
  /** All dependencies with their ranges, those for development included. */
  readonly dependencies: Names
  readonly workspaces: readonly string[]
  readonly packageManager: string | undefined
}

/** The package.json of a folder, or of the nearest one above. Throws `MoorageError` (USAGE) if there is none. */
export function findManifest(folder: string): PackageManifest {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'package.json')
    if (existsSync(path)) return readManifest(path)
    if (at === dirname(at)) break
  }
  throw new MoorageError('USAGE', `init: ${folder} contains no package.json, nor does any folder above it.`, {
    hint: 'Run init in the folder of a project. For a new one, run first: npm init -y',
  })
}

/** Throws `MoorageError` (CONFIG_INVALID) if the file is no JSON object. */
export function readManifest(path: string): PackageManifest {
  const text = readFileSync(path, 'utf8')
  const json = parseObject(path, text)
  const { workspaces } = json
  const list = Array.isArray(workspaces) ? workspaces : objectOf(workspaces)['packages']
  return {
    path,
    folder: dirname(path),
    text,
    name: textOf(json['name']),
    isModule: json['type'] === 'module',
    scripts: namesOf(json['scripts']),
    dependencies: {
      ...namesOf(json['peerDependencies']),
      ...namesOf(json['optionalDependencies']),
      ...namesOf(json['devDependencies']),
      ...namesOf(json['dependencies']),
    },
    workspaces: Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [],
    packageManager: textOf(json['packageManager']),
  }
}

function parseObject(path: string, text: string): { readonly [key: string]: unknown } {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    const { problem, line } = describeJsonError(messageOf(cause), text)
    throw new MoorageError('CONFIG_INVALID', `${path}:${line}: this is not valid JSON: ${problem}.`, {
      hint: 'Fix the file and run init again. Nothing was written.',
      cause,
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as { [key: string]: unknown }
  throw new MoorageError('CONFIG_INVALID', `${path}:1: package.json must hold an object.`, {
    hint: 'Fix the file and run init again. Nothing was written.',
  })
}

/** V8 gives a position, or the text around it, or that the input ended. */
function describeJsonError(message: string, text: string): { readonly problem: string; readonly line: number } {
  const [, position] = /at position (\d+)/.exec(message) ?? []
  const lines = (position === undefined ? text.trimEnd() : text.slice(0, Number(position))).split('\n')
  return { problem: message.replace(/(,? "[^]*" is not valid JSON| in JSON at position[^]*)$/, ''), line: lines.length }
}

function namesOf(value: unknown): Names {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  )
}

function objectOf(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [key: string]: unknown }) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
