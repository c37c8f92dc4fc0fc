import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The keys of a workflow that matter for its scripts. */
export interface Workflow {
  readonly env?: Variables
  readonly defaults?: { readonly run?: { readonly 'working-directory'?: string } }
  readonly jobs: { readonly [name: string]: Job }
}

interface Job {
  readonly if?: string
  readonly needs?: readonly string[]
  readonly env?: Variables
  readonly outputs?: Variables
  readonly steps: readonly Step[]
}

interface Step {
  readonly id?: string
  readonly if?: string
  readonly run?: string
  readonly env?: Variables
  readonly 'working-directory'?: string
}

type Variables = { readonly [name: string]: string | number | boolean }
type Contexts = { readonly [name: string]: unknown }

export interface StepRun {
  readonly job: string
  readonly script: string
  readonly status: number | null
  readonly output: string
}

export interface WorkflowRunOptions {
  /** The checkout. */
  readonly folder: string
  /** Values of `github`, `vars`, `secrets` and `inputs`. */
  readonly contexts: Contexts
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Scripts that the test does not run, because what they install is there already. */
  readonly skip: RegExp
}

/** Runs the `run:` steps of a workflow's jobs by bash, in their order, as a runner of GitHub would. */
export function runWorkflow(workflow: Workflow, options: WorkflowRunOptions): readonly StepRun[] {
  const temporary = mkdtempSync(join(tmpdir(), 'moorage-runner-'))
  const needs: Record<string, { readonly outputs: Variables }> = {}
  try {
    return Object.entries(workflow.jobs).flatMap(([name, job]) => {
      const github = { ...(options.contexts['github'] as object), workspace: options.folder, job: name }
      const contexts = { ...options.contexts, github, needs, runner: { temp: temporary } }
      if (job.if !== undefined && !evaluate(job.if, contexts)) return []
      const { runs, steps } = runJob(name, { workflow, job, contexts, temporary, options })
      needs[name] = { outputs: fill(job.outputs ?? {}, { ...contexts, steps }) }
      return runs
    })
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

interface JobContext {
  readonly workflow: Workflow
  readonly job: Job
  readonly contexts: Contexts
  readonly temporary: string
  readonly options: WorkflowRunOptions
}

function runJob(name: string, { workflow, job, contexts, temporary, options }: JobContext) {
  const steps: Record<string, { readonly outputs: Variables }> = {}
  const runs: StepRun[] = []
  const jobEnv = fill({ ...workflow.env, ...job.env }, contexts)
  for (const step of job.steps) {
    const { run: script } = step
    const scope = { ...contexts, env: jobEnv, steps }
    if (script === undefined || options.skip.test(script)) continue
    if (step.if !== undefined && !evaluate(step.if.replace(/^\$\{\{|\}\}$/g, ''), scope)) continue
    const output = join(temporary, 'output')
    for (const file of [output, join(temporary, 'summary')]) writeFileSync(file, '')
    const cwd = String(text(step['working-directory'] ?? workflow.defaults?.run?.['working-directory'] ?? '.', scope))
    const result = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: cwd.startsWith('/') ? cwd : join(options.folder, cwd),
      encoding: 'utf8',
      env: {
        ...options.variables,
        ...jobEnv,
        ...fill(step.env ?? {}, scope),
        RUNNER_TEMP: temporary,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: join(temporary, 'summary'),
      },
    })
    runs.push({ job: name, script, status: result.status, output: result.stdout + result.stderr })
    const lines = readFileSync(output, 'utf8').split('\n').filter(Boolean)
    if (step.id !== undefined)
      steps[step.id] = { outputs: Object.fromEntries(lines.map((line) => line.split('=') as [string, string])) }
  }
  return { runs, steps }
}

function fill(variables: Variables, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, text(String(value), contexts)]))
}

function text(value: string, contexts: Contexts): string {
  return value.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => String(evaluate(expression, contexts) ?? ''))
}

const FUNCTIONS = {
  failure: () => false,
  format: (pattern: string, ...values: readonly string[]) =>
    pattern.replace(/\{(\d)\}/g, (_, i: string) => values[Number(i)] ?? ''),
  contains: (list: readonly unknown[] | undefined, value: unknown) => list?.includes(value) ?? false,
}

/** Expressions of GitHub in the part of their grammar that JavaScript shares. */
function evaluate(expression: string, contexts: Contexts): unknown {
  const code = expression
    .replace(/(\w+(?:\.\w+)+)\.\*\.(\w+)/g, '$1?.map((item) => item.$2)')
    .replace(/(?<=\w)\.(\w+(?:-\w+)+)/g, "['$1']")
    .replace(/(?<=\w)\.(?=[a-z_*])/gi, '?.')
  const scope = { inputs: {}, vars: {}, secrets: {}, env: {}, ...FUNCTIONS, ...contexts }
  // eslint-disable-next-line no-new-func
  return new Function(...Object.keys(scope), `return (${code})`)(...Object.values(scope)) as unknown
}
