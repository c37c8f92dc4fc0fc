import { beforeEach, expect, test } from 'vitest'
import { waitForDeletions } from '../harness/cluster.ts'
import { missing } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { missingNerdctl, nerdctlEnvironment, nerdctlObjects, program } from '../harness/nerdctl.ts'
import { openProject, type Project } from '../cli/project.ts'

beforeEach(async ({ skip }) => {
  const reason = missingNerdctl()
  if (reason) skip(reason)
  // Pods run on the same containerd.
  if (!missing('kubernetes')) await waitForDeletions()
})

function site(): Project {
  return openProject({
    'site/index.html': 'delivered',
    'moorage.config.ts': `import { defineConfig, postgres, staticServer } from 'moorage'
export default defineConfig({
  services: { db: postgres(), web: staticServer({ root: 'site' }) },
  nerdctl: { program: ${JSON.stringify(program)} },
})`,
  })
}

test('containerd without Docker: a database, a site with its files, and nothing is left', async () => {
  using project = site()
  const before = nerdctlObjects()
  await using stage = await openStage(project.folder, 'docker')
  const ask = 'fetch(process.env.WEB_URL).then((answer) => answer.text()).then(console.log)'
  const child = await stage.start(
    moorage(project.folder, 'exec', '--', process.execPath, '-e', ask),
    nerdctlEnvironment,
  )
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toMatch(/provider nerdctl \(containerd \S+ through nerdctl v\S+; chosen by MOORAGE_PROVIDER/)
  expect(child.output()).toContain('delivered')
  await stage.clean(2_000)
  expect(nerdctlObjects()).toEqual(before)
})

test('the supervisor killed: its client removes container, network and log', async () => {
  using project = site()
  const before = nerdctlObjects()
  await using stage = await openStage(project.folder, 'docker')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sleep', '5'), nerdctlEnvironment)
  await until('the service is ready', () => /✓ db/.test(child.output()), 60_000)
  process.kill(await stage.supervisor(), 'SIGKILL')
  await child.ended
  await stage.clean(10_000)
  expect(nerdctlObjects()).toEqual(before)
})
