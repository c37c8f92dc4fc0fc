import type { Mutant, TestRef } from './mutants.ts'

const update = (name: string): TestRef => ({ project: 'unit', file: 'test/core/provisioning/reconciler.test.ts', name })
const cli = (file: string, name: string): TestRef => ({ project: 'e2e', file: `e2e/cli/${file}.test.ts`, name })

export const reuseMutants: readonly Mutant[] = [
  {
    name: 'health re-check off',
    guarantee: 'whoever joins or comes back gets services that answer',
    file: 'packages/core/src/provisioning/reconciler.ts',
    find: 'const problems = await this.healthProblems()',
    replace: 'const problems = new Map<string, string>()',
    test: update('a service that has died starts again, and whatever needs it: the rest stays'),
    says: /fetch failed/,
    quick: true,
  },
  {
    name: 'update restarts everything',
    guarantee: 'what an edit does not concern keeps running',
    file: 'packages/core/src/provisioning/plan-diff.ts',
    find: 'new Set(Object.keys(after).filter(changed))',
    replace: 'new Set(Object.keys(after).filter((name) => changed(name) || true))',
    test: update('an edited config restarts what has changed and what needs it'),
    says: /to be '\d+'/,
    quick: true,
  },
  {
    name: 'update leaves those who need it',
    guarantee: 'whatever has the address of what has changed starts anew with it',
    file: 'packages/core/src/provisioning/plan-diff.ts',
    find: 'if (Object.keys(needs).some((need) => found.has(need))) found.add(name)',
    replace: 'if (Object.keys(needs).some(() => false)) found.add(name)',
    test: update('an edited config restarts what has changed and what needs it'),
    says: /late: expected '\d+' not to be/,
    quick: true,
  },
  {
    name: 'keep without TTL',
    guarantee: 'what stays unasked, or was forgotten, ends by itself',
    file: 'packages/core/src/supervisor/retention.ts',
    find: '      this.#onExpired()\n',
    replace: '',
    test: cli('up', 'up ends by itself when its time is over'),
    says: /left behind: process: .*moorage supervisor/,
    quick: false,
  },
  {
    name: 'a failed run is joined',
    guarantee: 'no test meets what a failed one has left in a database',
    file: 'packages/core/src/supervisor/supervisor.ts',
    find: "if (this.#retention.reason === 'failed') void this.shutDown('a new run replaces it')",
    replace: '',
    test: cli(
      'keep',
      'the stay ends by itself, and a run that failed is joined by nobody: the next one takes its place',
    ),
    says: /to contain 'for 2 s/,
    quick: false,
  },
  {
    name: "Playwright's failures untold",
    guarantee: 'what failed tests of Playwright used can be looked at',
    file: 'packages/playwright/src/report-test-result.ts',
    find: "await reportTestAttempt(info.testId, failed && info.status !== 'interrupted')",
    replace: 'await Promise.resolve(reportTestAttempt)',
    test: cli(
      'keep',
      "Playwright's failed tests keep their services by webServer; passed ones, and those that pass when tried again, do not",
    ),
    says: /to match \/Keeping the services of run/,
    quick: false,
  },
  {
    name: 'the cluster is not told to keep it',
    guarantee: 'what failed in CI can be looked at on the cluster after the job has ended',
    file: 'packages/core/src/provisioning/reconciler.ts',
    find: 'session.keep?.(ms)',
    replace: 'Promise.resolve(session.keep && ms)',
    test: cli(
      'keep',
      'on kubernetes the cluster itself ends the stay, though the supervisor is gone: its deadline is moved once',
    ),
    says: /to be greater than|to deeply equal/,
    quick: false,
  },
]
