import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { installedProject } from './install.ts'
import { machineLayouts } from './machine-layouts.ts'
import { managerLayouts } from './manager-layouts.ts'
import { moduleLayouts } from './module-layouts.ts'
import { cache, packedPackage, toolFile, toolFolder } from './tools.ts'

const projects = new Set<string>()

// The layouts run in namespaces that reach no registry: whatever they need is installed before.
for (const layout of [...managerLayouts, ...moduleLayouts, ...machineLayouts]) {
  const since = performance.now()
  projects.add(basename(installedProject(layout)))
  if (layout.node) toolFile(`node${layout.node}`)
  if (layout.manager && layout.manager !== 'npm') toolFolder(layout.manager)
  const seconds = (performance.now() - since) / 1000
  if (seconds > 1) process.stderr.write(`layouts: installed for '${layout.title}': ${seconds.toFixed(1)} s\n`)
}

// Those of earlier builds of the package.
for (const name of readdirSync(cache))
  if (name.startsWith('project-') && !projects.has(name)) rmSync(join(cache, name), { recursive: true })
for (const name of readdirSync(join(cache, 'packed')))
  if (name !== basename(packedPackage().file)) rmSync(join(cache, 'packed', name))
