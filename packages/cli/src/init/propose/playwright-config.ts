import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAtLeast, type Runner } from '../detect/find-runners.ts'
import type { PackageManifest } from '../detect/package-manifest.ts'
import type { Proposal } from '../change.ts'
import { readTemplate } from '../fill-template.ts'
import { parseConfigModule, type ConfigModule } from './parse-config-module.ts'
import {
  applyInsertions,
  importsFrom,
  insertElement,
  insertImport,
  insertProperty,
  propertyOf,
  usesName,
  type Insertion,
} from './edit-module.ts'

// The first version whose webServer waits for a line on stdout.
const WEB_SERVER_VERSION = [1, 57] as const

/** Playwright's config with moorage as a web server, or as a global setup where the version has no such thing. */
export function proposePlaywright({ configFile, version }: Runner, { folder, isModule }: PackageManifest): Proposal {
  const hasWebServer = isAtLeast(version, WEB_SERVER_VERSION)
  const lines = hasWebServer
    ? ["import { moorage } from 'moorage/playwright'", 'webServer: [moorage.webServer(), /* your servers */],']
    : ["globalSetup: 'moorage/playwright',"]
  if (configFile === undefined) {
    const path = join(folder, isModule ? 'playwright.config.ts' : 'playwright.config.mts')
    const template = hasWebServer ? 'project/playwright.config.ts' : 'project/playwright-setup.config.ts'
    return { kind: 'change', change: { path, before: undefined, after: readTemplate(template) } }
  }
  const text = readFileSync(configFile, 'utf8')
  const module = parseConfigModule(text)
  if (/['"]moorage\/playwright['"]/.test(text)) return { kind: 'unchanged', path: configFile }
  if (typeof module === 'string') return { kind: 'manual', path: configFile, reason: module, lines }
  const edited = hasWebServer ? editWebServer(module) : editGlobalSetup(module)
  if (typeof edited === 'string') return { kind: 'manual', path: configFile, reason: edited, lines }
  return { kind: 'change', change: { path: configFile, before: text, after: applyInsertions(text, edited) } }
}

function editWebServer(module: ConfigModule): readonly Insertion[] | string {
  if (importsFrom(module, /^moorage/) || usesName(module, 'moorage')) return "it uses the name 'moorage' already"
  const { text, config } = module
  const servers = propertyOf(config, 'webServer')
  const imported = insertImport(module, 'moorage', 'moorage/playwright')
  if (!servers) return [imported, insertProperty(text, config, 'webServer: [moorage.webServer()]')]
  if (servers.type === 'ArrayExpression') return [imported, insertElement(text, servers, 'moorage.webServer()')]
  if (servers.type !== 'ObjectExpression') return 'its webServer is neither an inline object nor an inline list'
  return [imported, { at: servers.start ?? 0, text: '[moorage.webServer(), ' }, { at: servers.end ?? 0, text: ']' }]
}

function editGlobalSetup({ text, config }: ConfigModule): readonly Insertion[] | string {
  const setup = propertyOf(config, 'globalSetup')
  if (!setup) return [insertProperty(text, config, "globalSetup: 'moorage/playwright'")]
  if (setup.type === 'ArrayExpression') return [insertElement(text, setup, "'moorage/playwright'")]
  if (setup.type !== 'StringLiteral') return 'its globalSetup is neither a string nor an inline list'
  return [
    { at: setup.start ?? 0, text: "['moorage/playwright', " },
    { at: setup.end ?? 0, text: ']' },
  ]
}
