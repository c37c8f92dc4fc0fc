import { execFileSync } from 'node:child_process'
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
    // nerdctl does not read the kind of pipe that Node opens.
    execFileSync('sh', ['-c', 'docker save "$1" | "$2" load', 'sh', IMAGE, program])
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
