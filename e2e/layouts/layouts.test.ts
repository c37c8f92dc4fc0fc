import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStage } from '../harness/fixture.ts'
import { machineLayouts } from './machine-layouts.ts'
import { managerLayouts } from './manager-layouts.ts'
import { moduleLayouts } from './module-layouts.ts'
import { openLayout } from './open-layout.ts'
import { pathLayouts } from './path-layouts.ts'

const layouts = [...managerLayouts, ...moduleLayouts, ...pathLayouts, ...machineLayouts]

test.each(layouts.map((layout) => [layout.title, layout] as const))('%s', async (_, layout) => {
  using opened = openLayout(layout)
  const filesBefore = projectFiles(opened.place.folder)
  const { leaves } = layout
  const stays = leaves
    ? ['temporary file', 'file'].map((kind) => ({ kind, pattern: leaves, why: 'see its table' }))
    : []
  await using stage = await openStage(opened.cwd, 'process', stays)
  for (const run of layout.runs ?? ['exec', 'vitest']) {
    const child = await stage.start(opened.command(run), opened.env as Record<string, string>)
    const { code } = await child.ended
    const output = child.output()
    if (layout.refusal) {
      expect(code, output).not.toBe(0)
      expect(output).toMatch(layout.refusal)
    } else {
      expect(code, output).toBe(0)
      expect(output).toMatch(run === 'exec' ? /^CHECKED$/m : /Tests {2}\d+ passed/)
    }
    await stage.clean(5_000)
  }
  expect(projectFiles(opened.place.folder), 'files of the project').toEqual(filesBefore)
})

/** Without what package managers and Vite keep. */
function projectFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/(^|\/)(node_modules|\.git|\.yarn|\.pnp)/.test(path))
    .map((path) => join(folder, path))
    .toSorted()
}
