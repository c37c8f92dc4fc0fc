import type { Mutant, TestRef } from './mutants.ts'

const visual = (name: string): TestRef => ({ project: 'e2e', file: 'e2e/runners/visual.test.ts', name })

export const browserMutants: readonly Mutant[] = [
  {
    name: 'version check off',
    guarantee: 'an image of another version of Playwright is refused before anything is pulled',
    file: 'packages/services/src/presets/browser.ts',
    find: 'if (tagged === undefined || tagged === minor) return',
    replace: 'if (tagged !== minor || tagged === minor) return',
    test: {
      project: 'unit',
      file: 'test/services/presets/browser.test.ts',
      name: 'an image of another minor version is refused before anything exists',
    },
    says: /no error was thrown/,
    quick: true,
  },
  {
    name: 'version check of the image off',
    guarantee: 'an image without the browser that the installed Playwright drives is named before the first test',
    file: 'packages/services/src/presets/browser.ts',
    find: 'chromium*-"$1" >/dev/null 2>&1 ||',
    replace: 'chromium*-"$1" >/dev/null 2>&1 || true ||',
    test: visual(
      '17: a version mismatch is caught before the first test: an image without the browser build of the installed version',
    ),
    says: /or an image based on it/,
    quick: false,
  },
  {
    name: 'loopback not exposed to the browser',
    guarantee:
      'a page in a container or a pod reaches servers of the runner, and every service by the URL that the test has',
    file: 'packages/services/src/presets/browser.ts',
    find: "variables: { PW_TEST_CONNECT_EXPOSE_NETWORK: '<loopback>' },",
    replace: '',
    test: visual('17: the same bytes on Docker and on Kubernetes, under a restricted policy'),
    says: /ERR_CONNECTION_REFUSED/,
    quick: false,
  },
]
