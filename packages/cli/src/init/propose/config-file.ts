import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Project } from '../detect/detect-project.ts'
import type { OptionValue, ServiceGuess } from '../detect/service-guess.ts'
import type { Proposal } from '../change.ts'
import { fillTemplate } from '../fill-template.ts'

/** The config with the services; none where a compose file or a config stands already. */
export function proposeConfig(project: Project, services: readonly ServiceGuess[], force: boolean): Proposal {
  const { configFile, composeFile, folder, typescript } = project
  if (configFile !== undefined && !force) return { kind: 'unchanged', path: configFile }
  if (configFile === undefined && composeFile !== undefined) return { kind: 'unchanged', path: composeFile }
  // A config above the folder serves other packages as well.
  if (configFile !== undefined && dirname(configFile) !== folder) return { kind: 'unchanged', path: configFile }
  const isModule = project.packages[0]?.manifest.isModule ?? false
  const name = typescript ? `moorage.config.${isModule ? 'ts' : 'mts'}` : 'moorage.config.mjs'
  const path = configFile ?? join(folder, name)
  const before = configFile === undefined ? undefined : readFileSync(configFile, 'utf8')
  const after = configText(services, /\.m?ts$/.test(path))
  return before === after ? { kind: 'unchanged', path } : { kind: 'change', change: { path, before, after } }
}

/** The source of a config. */
function configText(services: readonly ServiceGuess[], typescript: boolean): string {
  const presets = ['defineConfig', ...new Set(services.map(({ preset }) => preset))].toSorted()
  return fillTemplate(`project/moorage.config.${typescript ? 'ts' : 'mjs'}`, {
    presets: presets.join(', '),
    services: services.map((service) => `${service.name}: ${presetCall(service)}`).join(',\n    '),
  })
}

/** One preset with its options, as the config writes it. */
export function presetCall({ preset, options }: ServiceGuess): string {
  return `${preset}(${optionsText(options)})`
}

function optionsText(options: ServiceGuess['options']): string {
  const entries = Object.entries(options)
  return entries.length ? `{ ${entries.map(([key, value]) => `${key}: ${valueText(value)}`).join(', ')} }` : ''
}

function valueText(value: OptionValue): string {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return quote(value)
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${/^[A-Za-z_]\w*$/.test(key) ? key : quote(key)}: ${valueText(inner)}`)
    .join(', ')} }`
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}'`
}
