import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { missing } from '../../e2e/harness/engine.ts'
import { missingNerdctl, nerdctl, nerdctlEnvironment, program } from '../../e2e/harness/nerdctl.ts'
import { readHealthCheck } from '../../packages/provider-nerdctl/src/engine/image-health-check.ts'
import { openNerdctl } from '../../packages/provider-nerdctl/src/engine/nerdctl.ts'

process.env['NERDCTL_TOML'] = nerdctlEnvironment['NERDCTL_TOML']
const IMAGE = 'localhost/moorage-health:1'
const DOCKERFILE = `FROM busybox:1.37
HEALTHCHECK --interval=7s --retries=2 CMD test -e /ready
`

test('the HEALTHCHECK of an image is read, although nerdctl does not show it', async ({ skip }) => {
  const reason = missingNerdctl() ?? missing('docker')
  if (reason) skip(reason)
  const engine = openNerdctl({ program })
  try {
    execFileSync('docker', ['build', '--tag', IMAGE, '-'], { input: DOCKERFILE, stdio: ['pipe', 'ignore', 'inherit'] })
    const archive = execFileSync('docker', ['save', IMAGE], { maxBuffer: 2 ** 28 })
    spawnSync(program, ['load'], { input: archive })
    expect(await readHealthCheck(engine, IMAGE)).toEqual({
      test: ['/bin/sh', '-c', 'test -e /ready'],
      intervalMs: 7_000,
      retries: 2,
    })
    expect(await readHealthCheck(engine, 'localhost/no-such-image:1')).toBeUndefined()
  } finally {
    execFileSync('docker', ['rmi', '--force', IMAGE])
    nerdctl('rmi', '--force', IMAGE)
  }
})
