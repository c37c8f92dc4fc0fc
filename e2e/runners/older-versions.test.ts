import { expect, test } from 'vitest'
import { runsIn } from '../harness/project.ts'
import { runFixture } from '../harness/run-fixture.ts'

// Everything else of theirs is in `npm run matrix`.
test.each([{ vitest: '3' }, { vitest: '4' }, { playwright: '1.50' }, { playwright: '1.57' }] as const)(
  '16: a global setup by the name of the package, in %j',
  async (runner) => {
    const { end, output } = await runFixture({ runner, env: { FORM: 'setup' } })
    expect(end, output).toEqual({ code: 0, signal: null })
    expect(runsIn(output)).toHaveLength(1)
  },
)
