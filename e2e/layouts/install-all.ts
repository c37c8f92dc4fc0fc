import { installedProject } from './install.ts'
import { machineLayouts } from './machine-layouts.ts'
import { managerLayouts } from './manager-layouts.ts'
import { moduleLayouts } from './module-layouts.ts'
import { toolFile, toolFolder } from './tools.ts'

// The layouts run in namespaces that reach no registry: whatever they need is installed before.
for (const layout of [...managerLayouts, ...moduleLayouts, ...machineLayouts]) {
  const since = performance.now()
  installedProject(layout)
  if (layout.node) toolFile(`node${layout.node}`)
  if (layout.manager && layout.manager !== 'npm') toolFolder(layout.manager)
  const seconds = (performance.now() - since) / 1000
  if (seconds > 1) process.stderr.write(`layouts: installed for '${layout.title}': ${seconds.toFixed(1)} s\n`)
}
