import { expect, test } from 'vitest'
import { inCi } from '../../../packages/core/src/client/in-ci.ts'

test.each([
  ['GitHub Actions', { GITHUB_ACTIONS: 'true' }],
  ['GitLab', { GITLAB_CI: 'true' }],
  ['Azure Pipelines', { TF_BUILD: 'True' }],
  ['Jenkins', { JENKINS_URL: 'https://ci.example.org/' }],
  ['TeamCity', { TEAMCITY_VERSION: '2026.1' }],
  ['AWS CodeBuild', { CODEBUILD_BUILD_ARN: 'arn:aws:codebuild' }],
  ['Bitbucket', { BITBUCKET_COMMIT: 'abc' }],
  ['a system by the value of a variable', { CI_NAME: 'codeship' }],
  ['a system by one of two variables', { NOW_BUILDER: '1' }],
  ['a system by two variables', { TASK_ID: 'a', RUN_ID: '0' }],
  ['a system by a part of a variable', { NODE: '/app/.heroku/node/bin/node' }],
])('%s is CI without the variable CI', (_, env) => {
  expect(inCi(env)).toBe(true)
  expect(inCi({ ...env, CI: 'false' })).toBe(false)
  expect(inCi({ ...env, CI: '' })).toBe(false)
})

test.each([
  ['nothing set', {}],
  ['variables without a value', { TF_BUILD: '', JENKINS_URL: undefined }],
  ['another value', { CI_NAME: 'mine' }],
  ['one of two variables', { RUN_ID: '0' }],
  ['another program', { NODE: '/usr/bin/node' }],
])('%s is no CI', (_, env) => {
  expect(inCi(env)).toBe(false)
})
