import { readFileSync } from 'node:fs'
import { isMoorageError, MoorageError, type CheckResult, type EnvVariables } from '@moorage/core'
import { createPlan, describeGiven, givenServices, loadConfig } from '@moorage/core/runner'
import type { ConfigState, Finding } from './check.ts'
import { failedResult } from './run-checks.ts'

// A config may import a compiler or a whole framework.
const LOAD_TIMEOUT_MS = 30_000

/** The state of the config, and what is wrong with it. Never rejects. */
export async function checkConfig(
  configPath: () => string,
  { env, timeoutMs = LOAD_TIMEOUT_MS }: { readonly env: EnvVariables; readonly timeoutMs?: number },
): Promise<{ readonly state: ConfigState; readonly findings: readonly Finding[] }> {
  let state: ConfigState = {}
  const findings: Finding[] = []
  const add = (name: string, results: readonly CheckResult[]): void =>
    void findings.push(...results.map((result) => ({ group: 'config', name, ...result })))
  try {
    const path = configPath()
    state = { path }
    const config = await withinTime(loadConfig(path), path, timeoutMs)
    state = { path, config }
    add('load', [{ status: 'ok', text: `${path}: ${Object.keys(config.services).join(', ')}` }])
    add('given-urls', givenServices(config, env).map(givenResult))
    add('types', checkTypes(path))
    state = { path, config, plan: createPlan(config, env) }
  } catch (error) {
    const isAbsent = isMoorageError(error) && error.code === 'CONFIG_NOT_FOUND'
    // Without a config, the machine can still be checked.
    add(state.config ? 'plan' : 'load', [{ ...failedResult(error), ...(isAbsent ? { status: 'warning' } : {}) }])
  }
  return { state, findings }
}

/** Throws `MoorageError` (CONFIG_INVALID) for a config that awaits what never comes. */
async function withinTime<T>(loading: Promise<T>, path: string, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const message = `${path} has not loaded after ${timeoutMs / 1_000} s: it awaits a promise that does not settle.`
    late.reject(new MoorageError('CONFIG_INVALID', message, { hint: 'Remove that await from the config.' }))
  }, timeoutMs)
  return await Promise.race([loading, late.promise]).finally(() => clearTimeout(timer))
}

function givenResult(given: ReturnType<typeof givenServices>[number]): CheckResult {
  return { status: 'ok', text: `services.${given.service}: ${describeGiven(given)}` }
}

/** Whether `services()` knows the services of the config. A compose file has no types. */
function checkTypes(path: string): readonly CheckResult[] {
  if (!/\.m?ts$/.test(path)) return []
  if (/interface\s+Register\b/.test(readFileSync(path, 'utf8')))
    return [{ status: 'ok', text: 'services() has the types of this config' }]
  return [
    {
      status: 'warning',
      text: 'services() has no types of this config',
      fix: "Add to it: declare module 'moorage' { interface Register { config: typeof config } }",
    },
  ]
}
