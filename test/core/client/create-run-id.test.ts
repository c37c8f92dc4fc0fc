import { expect, test } from 'vitest'
import { inCi } from '../../../packages/core/src/client/in-ci.ts'
import { createRunId } from '../../../packages/core/src/client/create-run-id.ts'

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
const github = { CI: 'true', GITHUB_RUN_ID: '1658821493', GITHUB_RUN_ATTEMPT: '2', GITHUB_JOB: 'test' }

test('outside CI: short, another one for each nonce', () => {
  const [one, other] = [createRunId({}, 'a'), createRunId({}, 'b')]
  expect(one).toEqual({ id: expect.stringMatching(/^dev-[0-9a-f]{8}$/) as string })
  expect(other.id).not.toBe(one.id)
})

test.each([
  ['GitHub', github, /^ci-1658821493-2-[0-9a-f]{6}$/, '1658821493'],
  [
    'GitLab',
    { CI: 'true', CI_PIPELINE_ID: '77', CI_JOB_ID: '9001', CI_JOB_NAME: 'test 1/3' },
    /^ci-77-9001-[0-9a-f]{6}$/,
    '77',
  ],
  ['a CI without an attempt', { CI: '1', BUILDKITE_BUILD_NUMBER: '5' }, /^ci-5-1-[0-9a-f]{6}$/, '5'],
])('%s: run and attempt can be read', (_system, env, id, ciRun) => {
  expect(createRunId(env, 'n')).toEqual({ id: expect.stringMatching(id) as string, ciRun })
})

test('an unknown CI', () => {
  expect(createRunId({ CI: 'true' }, 'n')).toEqual({ id: expect.stringMatching(/^ci-local-1-[0-9a-f]{6}$/) as string })
})

test('jobs, shards and nonces of one run differ; the same of all is the same', () => {
  const ids = [
    createRunId(github, 'n'),
    createRunId(github, 'm'),
    createRunId({ ...github, GITHUB_JOB: 'other' }, 'n'),
    createRunId({ ...github, CI_NODE_INDEX: '1' }, 'n'),
    createRunId({ ...github, CI_NODE_INDEX: '2' }, 'n'),
  ].map(({ id }) => id)
  expect(new Set(ids).size).toBe(5)
  expect(createRunId(github, 'n').id).toBe(ids[0])
})

test.each(['Feature/ÄÖ_42!', '-x-', '---', 'A'.repeat(200), `${'a'.repeat(22)}--${'b'.repeat(40)}`, '0'])(
  'an odd run id %j: a DNS label of at most 63 characters',
  (run) => {
    for (const attempt of ['1', 'jenkins-folder/job-name-that-is-long-42', '..']) {
      const { id, ciRun } = createRunId({ CI: 'true', BUILD_NUMBER: run, BUILD_TAG: attempt }, 'n')
      expect(id).toMatch(LABEL)
      expect(id.length).toBeLessThanOrEqual(63)
      expect(ciRun).toBe(run)
    }
  },
)

test('long ids that begin alike stay two', () => {
  const id = (end: string): string => createRunId({ ...github, GITHUB_RUN_ID: `${'a'.repeat(60)}${end}` }, 'n').id
  expect(id('1')).not.toBe(id('2'))
})

test.each([
  ['true', true],
  ['1', true],
  ['TRUE', true],
  ['false', false],
  ['0', false],
  ['', false],
  [undefined, false],
])('CI=%s: %s', (value, expected) => {
  expect(inCi({ CI: value })).toBe(expected)
})
