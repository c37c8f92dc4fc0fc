import { describe, test } from 'vitest'
import { missing, offers, type ProviderName, providers } from '../harness/engine.ts'
import { versions as playwrights } from '../harness/playwright.ts'
import { runFixture, type Interruption, type RunFixture } from '../harness/run-fixture.ts'
import { versions as vitests } from '../harness/vitest.ts'

// Vitest 5 on every provider, but for the second Ctrl-C, is in signals.test.ts.
const matrix = Boolean(process.env['MOORAGE_MATRIX'])
const ALL: readonly Interruption[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'Ctrl-C', 'Ctrl-C twice']
const PHASES = ['setup', 'tests', 'teardown'] as const
type Phase = (typeof PHASES)[number]

const files = {
  'moorage.config.ts': `import { defineConfig, postgres, staticServer } from 'moorage'
export default defineConfig({ services: { db: postgres(), web: staticServer({ root: 'site' }) } })`,
}

interface Interrupted {
  readonly runner: RunFixture['runner']
  /** How moorage comes in. */
  readonly form: string
  readonly provider?: ProviderName
  readonly phases?: readonly Phase[]
  readonly by?: readonly Interruption[]
}

function interrupted(
  title: string,
  { runner, form, provider = 'process', phases = PHASES, by = ALL }: Interrupted,
): void {
  if (!offers(provider)) return
  describe(title, () => {
    for (const during of phases) {
      test.for(by)(
        `1${during === 'setup' ? ' and 5' : ''}: %s during ${during} leaves nothing after 5 s`,
        async (how, { skip }) => {
          const reason = missing(provider)
          if (reason) skip(reason)
          // Only there a setup of the fixture's says that the teardown begins.
          const env = { FORM: during === 'teardown' ? 'teardown' : form }
          await runFixture({ runner, files, env, provider, signal: { during, by: how } })
        },
      )
    }
  })
}

for (const playwright of playwrights) {
  const runner = { playwright }
  interrupted(`Playwright ${playwright}, a global setup`, { runner, form: 'setup' })
  if (playwright === '1.50') continue
  const few: readonly Interruption[] = ['SIGKILL', 'Ctrl-C twice']
  interrupted(`Playwright ${playwright}, webServer()`, {
    runner,
    form: 'server',
    phases: ['setup', 'tests'],
    by: matrix ? ALL : few,
  })
}

for (const vitest of vitests)
  interrupted(`Vitest ${vitest}`, { runner: { vitest }, form: 'plugin', by: vitest === '5' ? ['Ctrl-C twice'] : ALL })

for (const provider of providers('docker', 'kubernetes')) {
  const runner = { playwright: 'latest' } as const
  interrupted(`Playwright on ${provider}, a global setup`, {
    runner,
    form: 'setup',
    provider,
    phases: ['setup'],
    by: ['Ctrl-C twice'],
  })
  interrupted(`Playwright on ${provider}, webServer()`, {
    runner,
    form: 'server',
    provider,
    phases: ['tests'],
    by: ['SIGKILL'],
  })
}
