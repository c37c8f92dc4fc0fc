import { parseExpression } from '../../vendor/babel-parser.ts'
import type { RunnerName } from '../detect/find-runners.ts'
import type { ProjectPackage } from '../detect/detect-project.ts'
import type { Proposal } from '../change.ts'
import type { ObjectNode } from './parse-config-module.ts'
import { applyInsertions, propertyOf } from './edit-module.ts'

const COMMANDS: { readonly [runner in RunnerName]: string } = {
  vitest: 'vitest run',
  playwright: 'playwright test',
  jest: 'moorage exec -- jest',
  mocha: 'moorage exec -- mocha',
  'node:test': 'moorage exec -- node --test',
  pytest: 'moorage exec -- pytest',
}

// Runners that start the services by their own config.
const WITH_PLUGIN: readonly RunnerName[] = ['vitest', 'playwright']

// What npm init writes.
const PLACEHOLDER = 'echo "Error: no test specified" && exit 1'

/** package.json with a script `test` that has the services. */
export function proposeScripts({ manifest, runners }: ProjectPackage): Proposal {
  const { path, text, scripts } = manifest
  const names = runners.map(({ name }) => name)
  const current = scripts['test'] === PLACEHOLDER ? undefined : scripts['test']
  if (current === undefined) {
    const [first] = names
    if (first === undefined) return { kind: 'unchanged', path }
    return edit(path, text, 'test', COMMANDS[first])
  }
  const wrapped = names.find((name) => !WITH_PLUGIN.includes(name) && startsRunner(current, name))
  if (wrapped !== undefined) return edit(path, text, 'test', `moorage exec -- ${current}`)
  const isMissing = names.includes('pytest') && !Object.values(scripts).some((script) => /\bpytest\b/.test(script))
  return isMissing ? edit(path, text, 'test:python', COMMANDS.pytest) : { kind: 'unchanged', path }
}

/** True if a script is one command that starts this runner. Commands of a shell would run without the services. */
function startsRunner(script: string, name: RunnerName): boolean {
  const program = name === 'node:test' ? String.raw`node\s(.*\s)?--test` : name
  return new RegExp(String.raw`^${program}\b`).test(script) && !/[&|;<>]/.test(script)
}

function edit(path: string, text: string, name: string, command: string): Proposal {
  const manifest = parseExpression(text) as unknown as ObjectNode
  const scripts = propertyOf(manifest, 'scripts') as ObjectNode | undefined
  const value = scripts && propertyOf(scripts, name)
  const json = JSON.stringify(command)
  const after = value
    ? text.slice(0, value.start ?? 0) + json + text.slice(value.end ?? 0)
    : applyInsertions(text, [
        scripts
          ? appended(text, scripts, `${JSON.stringify(name)}: ${json}`)
          : appended(
              text,
              manifest,
              `"scripts": {\n${indent(text)}${indent(text)}${JSON.stringify(name)}: ${json}\n${indent(text)}}`,
            ),
      ])
  return { kind: 'change', change: { path, before: text, after } }
}

/** Inserts a last property, indented as the one before it. */
function appended(text: string, object: ObjectNode, property: string): { readonly at: number; readonly text: string } {
  const last = object.properties.at(-1)
  if (!last) return { at: (object.start ?? 0) + 1, text: `\n${indent(text)}${property}\n` }
  const start = last.start ?? 0
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  return { at: last.end ?? 0, text: /^\s*$/.test(before) ? `,\n${before}${property}` : `, ${property}` }
}

function indent(text: string): string {
  return /^([ \t]+)"/m.exec(text)?.[1] ?? '  '
}
