import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Runner } from '../detect/find-runners.ts'
import type { PackageManifest } from '../detect/package-manifest.ts'
import type { Proposal } from '../change.ts'
import { readTemplate } from '../fill-template.ts'
import { parseConfigModule } from './parse-config-module.ts'
import {
  applyInsertions,
  importsFrom,
  insertElement,
  insertImport,
  insertProperty,
  propertyOf,
  usesName,
} from './edit-module.ts'

const LINES = ["import { moorage } from 'moorage/vitest'", 'plugins: [moorage()],']

/** Vitest's config with moorage's plugin. */
export function proposeVitest({ configFile }: Runner, { folder, isModule }: PackageManifest): Proposal {
  if (configFile === undefined) {
    const path = join(folder, isModule ? 'vitest.config.ts' : 'vitest.config.mts')
    return { kind: 'change', change: { path, before: undefined, after: readTemplate('project/vitest.config.ts') } }
  }
  const text = readFileSync(configFile, 'utf8')
  if (/\.cts$|\.cjs$/.test(configFile) || /\bmodule\.exports\b/.test(text))
    return { kind: 'manual', path: configFile, reason: 'it is CommonJS', lines: LINES }
  const module = parseConfigModule(text)
  if (typeof module === 'string') {
    if (/moorage\/vitest/.test(text)) return { kind: 'unchanged', path: configFile }
    return { kind: 'manual', path: configFile, reason: module, lines: LINES }
  }
  if (importsFrom(module, /^moorage\/vitest$/) || /['"]moorage\/vitest\/setup['"]/.test(text))
    return { kind: 'unchanged', path: configFile }
  if (usesName(module, 'moorage'))
    return { kind: 'manual', path: configFile, reason: "it uses the name 'moorage' already", lines: LINES }
  const plugins = propertyOf(module.config, 'plugins')
  if (plugins && plugins.type !== 'ArrayExpression')
    return { kind: 'manual', path: configFile, reason: 'its plugins are not an inline list', lines: LINES }
  const insertion = plugins
    ? insertElement(text, plugins, 'moorage()')
    : insertProperty(text, module.config, 'plugins: [moorage()]')
  const after = applyInsertions(text, [insertImport(module, 'moorage', 'moorage/vitest'), insertion])
  return { kind: 'change', change: { path: configFile, before: text, after } }
}
