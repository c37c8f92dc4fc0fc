import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { moorage, openStage } from '../harness/fixture.ts'
import { openProject } from './project.ts'

/** What differs from run to run; the phases in between, which a guide leaves out. */
function plain(text: string, folder: string): string {
  const lines = text
    .replaceAll(folder, '/home/me/shop')
    .split('\n')
    .filter((line) => !/ (starting|waiting until ready)$/.test(line))
  return lines
    .join('\n')
    .replace(/:\d{4,5}\b/g, ':PORT')
    .replace(/\d\.\d\d s/g, 'N s')
    .replace(/dev-[0-9a-f]{8}/g, 'RUN')
}

test('docs/cli.md: its session, command by command', async () => {
  const text = readFileSync('docs/cli.md', 'utf8')
  const [, config = ''] = /^```ts\n([^]*?)^```/m.exec(text) ?? []
  const [, session = ''] = /^```console\n([^]*?)^```/m.exec(text) ?? []
  using project = openProject({ 'moorage.config.ts': config, 'site/index.html': '<p>hello</p>\n' })
  await using stage = await openStage(project.folder, 'process')
  const steps = session.split(/^\$ /m).slice(1)
  expect(steps.length).toBeGreaterThan(6)
  for (const step of steps) {
    const [command = '', ...said] = step.split('\n')
    const [node = '', bin = ''] = moorage(project.folder)
    const child = await stage.start(['sh', '-c', `moorage() { ${node} ${bin} "$@"; }; ${command}`], {
      MOORAGE_PROVIDER: '',
    })
    await child.ended
    expect(plain(child.output(), project.folder), command).toBe(plain(said.join('\n'), project.folder))
  }
  await stage.clean(2_000)
})
