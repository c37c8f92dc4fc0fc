import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { linkBuildPrograms } from '../harness/build-programs.ts'
import { waitForDeletions } from '../harness/cluster.ts'
import { missing, type ProviderName } from '../harness/engine.ts'
import { moorage, openStage, vitest } from '../harness/fixture.ts'
import { missingNerdctl, nerdctlEnvironment, nerdctlObjects } from '../harness/nerdctl.ts'

const FOLDER = 'examples/compose-app'

interface Subject {
  readonly name: string
  readonly provider: ProviderName
  readonly variables: { readonly [name: string]: string }
  missing(): string | undefined
}

const SUBJECTS: readonly Subject[] = [
  { name: 'docker', provider: 'docker', variables: {}, missing: () => missing('docker') },
  {
    name: 'kubernetes',
    provider: 'kubernetes',
    variables: { CONTAINERD_ADDRESS: process.env['MOORAGE_TESTBED_CONTAINERD'] ?? '' },
    missing: () => missing('kubernetes'),
  },
  { name: 'nerdctl', provider: 'docker', variables: nerdctlEnvironment, missing: missingNerdctl },
]

test.for(SUBJECTS)(
  'example compose-app on $name: its compose file and its Dockerfiles unchanged',
  async ({ name, provider, variables, missing: absent }, { skip }) => {
    const reason = absent()
    if (reason) skip(reason)
    if (!missing('kubernetes')) await waitForDeletions()
    spawnSync(process.execPath, ['build.mjs'], { cwd: FOLDER })
    using programs = linkBuildPrograms()
    const own = { ...variables, ...programs.variables }
    const before = name === 'nerdctl' ? nerdctlObjects() : []
    await using stage = await openStage(FOLDER, provider)
    const child = await stage.start(vitest(FOLDER), own)
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/Tests:? +2 passed/)
    // A build waits for no service.
    expect(child.output()).toMatch(/web building[^]*✓ api/)
    await stage.clean(5_000)
    if (name === 'nerdctl') expect(nerdctlObjects()).toEqual(before)
    if (name !== 'docker') return
    // Services that stay have the data of the runs before, and an image that is the same is not built.
    const [first, ...later] = [moorage(FOLDER, 'up'), vitest(FOLDER), moorage(FOLDER, 'down')]
    const up = await stage.start(first as readonly string[], own)
    expect(await up.ended, up.output()).toEqual({ code: 0, signal: null })
    for (const argv of later) {
      const again = await stage.start(argv, own)
      expect(await again.ended, again.output()).toEqual({ code: 0, signal: null })
      expect(again.output()).not.toContain('building')
    }
    await stage.clean(5_000)
  },
)
