import type { Exclusion } from '../../test/inventory/kind.ts'

/** What every inventory of a stage leaves out. */
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    kind: 'docker network',
    pattern: /^[0-9a-f]{12} bridge$/,
    why: "the engine's own, which it creates again when it starts",
  },
  {
    kind: 'listening unix socket',
    pattern: /\/moorage-testbed\/engine\/libnetwork\//,
    why: "the engine's own, of another name at each start",
  },
  { kind: 'temporary file', pattern: /^node-compile-cache$/, why: "npm's own, wherever an npm script runs" },
  {
    kind: 'temporary file',
    pattern: /^playwright-(transform-cache|artifacts)-/,
    why: "Playwright's own: a cache, and what it leaves when it is killed",
  },
  {
    kind: 'file',
    pattern: /^\/var\/tmp\/moorage-boots-\d+$/,
    why: 'the boots of this machine, which outlive every run',
  },
  { kind: 'file', pattern: /\/world-/, why: "the test's own world" },
  {
    kind: 'file',
    pattern: /\/(node-compile-cache|\.X\d|hsperfdata_|vitest-)/,
    why: 'caches of Node and of the test runner',
  },
  { kind: 'file', pattern: /\/tmp\/(bash|tmp\.|moorage-testbed)/, why: 'shells and the test bed' },
]
