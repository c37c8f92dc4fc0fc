import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { projects } from '../vitest.workspace.ts'

export type ProjectName = 'unit' | 'inventory' | 'contract' | 'e2e'

/** One call of Vitest. */
export interface TestRun {
  readonly project: ProjectName
  readonly files: readonly string[]
  readonly env: { readonly [name: string]: string }
  /** In namespaces of its own: what it counts does not depend on what else runs. */
  readonly isolated: boolean
}

export interface TestFiles {
  readonly contract: readonly string[]
  readonly e2e: readonly string[]
}

/** In the order in which a fault is cheapest to find. */
export const PROJECTS: readonly ProjectName[] = ['unit', 'inventory', 'contract', 'e2e']

/** Tests of plain processes alone. */
export const PROCESS_FILES: readonly string[] = [
  ...['docs', 'exec', 'guide', 'init', 'inspection', 'isolation-guide'].map((name) => `e2e/cli/${name}.test.ts`),
  ...[
    'browser-mode',
    'config-search',
    'hardening',
    'isolation-elsewhere',
    'older-versions',
    'playwright',
    'reports',
    'telemetry',
    'types',
    'vitest',
    'watch',
  ].map((name) => `e2e/runners/${name}.test.ts`),
]

/** Tests of plain processes and of engines, which choose by `providers()` of e2e/harness/engine.ts. */
export const MIXED_FILES: readonly string[] = [
  'e2e/chaos/fixed-seeds.test.ts',
  ...['bad-input', 'debug-log', 'demo', 'keep', 'up'].map((name) => `e2e/cli/${name}.test.ts`),
  ...['examples', 'npm-server', 'static-server'].map((name) => `e2e/providers/${name}.test.ts`),
  ...['interrupted', 'isolation', 'signals', 'supervisor', 'teardown', 'visual'].map(
    (name) => `e2e/runners/${name}.test.ts`,
  ),
]

/**
 * Scenarios that wait for minutes until grace periods have passed. CI runs them (MOORAGE_TEST_LONG), and so does
 * `npm run matrix`.
 */
export const LONG_FILES: readonly string[] = [
  'e2e/providers/kubernetes-deleter.test.ts',
  'e2e/providers/kubernetes-lease.test.ts',
  'e2e/providers/ryuk.test.ts',
  'test/provider-kubernetes/lifetime/deleter-pod.test.ts',
]

export const OWN_NAMESPACES = 'e2e/harness/own-namespaces.sh'

/** False where this user or this system has no namespaces: then everything runs one after the other. */
export function hasOwnNamespaces(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && spawnSync(OWN_NAMESPACES, ['true']).status === 0
}

export function filesOf(project: ProjectName): readonly string[] {
  const include = projects.find(({ test }) => test.name === project)?.test.include ?? []
  return globSync([...include]).toSorted()
}

const PROCESS_CONTRACT = /^test\/(provider-process\/|contract\/(process|in-memory)\.test\.ts$)/

/** What tells that a test may open a real engine. */
const OPENS_ENGINE = /e2e\/(harness|testbed)\/|-subject\.ts'|engine-session\.ts'|testbed-client\.ts'/

/** Tests of one provider against stand-ins in their own process. They share nothing, and wait most of the time. */
export function standInRuns({ contract }: Pick<TestFiles, 'contract'>): readonly TestRun[] {
  const env = { MOORAGE_TEST_WORKERS: '4' }
  return [{ project: 'contract', files: contract.filter(usesStandIns), env, isolated: false }]
}

function usesStandIns(file: string): boolean {
  return /^test\/provider-(?!process)/.test(file) && !OPENS_ENGINE.test(readFileSync(file, 'utf8'))
}

/** What needs no engine, of the contract suite and of the end-to-end tests. */
export function processRuns({ contract, e2e }: TestFiles, isolated: boolean): readonly TestRun[] {
  const own = e2e.filter((file) => PROCESS_FILES.includes(file) || MIXED_FILES.includes(file))
  return [
    { project: 'contract', files: contract.filter((file) => PROCESS_CONTRACT.test(file)), env: {}, isolated },
    { project: 'e2e', files: own, env: { MOORAGE_TEST_PROVIDERS: 'process' }, isolated },
  ]
}

/**
 * What needs engines: one after the other. Inventories count everything that an engine has, and engines of one machine
 * disturb each other: Podman fails to create a network while another engine's bridge disappears.
 */
export function engineRuns({ contract, e2e }: TestFiles): readonly TestRun[] {
  const own = e2e.filter((file) => !PROCESS_FILES.includes(file))
  const onEngines = contract.filter((file) => !PROCESS_CONTRACT.test(file) && !usesStandIns(file))
  return [
    { project: 'contract', files: onEngines, env: {}, isolated: false },
    { project: 'e2e', files: own, env: { MOORAGE_TEST_PROVIDERS: 'docker,kubernetes' }, isolated: false },
  ]
}
