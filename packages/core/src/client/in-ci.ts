import type { EnvVariables } from '../config/url-variables.ts'
import { ciVendorRules, type CiVendorRule } from '../vendor/ci-vendors.ts'

// Jenkins agents may lack the second variable that ci-info expects.
const OTHER_RULES: readonly CiVendorRule[] = ['JENKINS_URL', 'CONTINUOUS_INTEGRATION']

/**
 * Whether a CI system runs this process. The variable `CI` decides where it is set: empty, `0` and `false` mean no CI.
 * Otherwise the variables of the systems that ci-info knows decide.
 */
export function inCi(env: EnvVariables): boolean {
  const { CI: ci } = env
  if (ci !== undefined) return !['', '0', 'false'].includes(ci.toLowerCase())
  return [...ciVendorRules, ...OTHER_RULES].some((rule) => matches(rule, env))
}

function matches(rule: CiVendorRule, env: EnvVariables): boolean {
  if (typeof rule === 'string') return Boolean(env[rule])
  if (isList(rule)) return rule.every((name) => env[name])
  if ('any' in rule && isList(rule.any)) return rule.any.some((name) => env[name])
  if ('env' in rule && 'includes' in rule) return Boolean(env[rule.env as string]?.includes(rule.includes as string))
  return Object.entries(rule).every(([name, value]) => env[name] === value)
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value)
}
