import { dirname } from 'node:path'
import { inspectProviders } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { writeJson } from '../output.ts'
import type { DoctorContext, Finding, PlacedCheck } from './check.ts'
import { checkConfig } from './check-config.ts'
import { checkDisk } from './check-disk.ts'
import { checkPorts } from './check-ports.ts'
import { builderCheck, describeProviders, providerChecks } from './check-providers.ts'
import { checkRegistries } from './check-registry-credentials.ts'
import { checkVersions } from './check-versions.ts'
import { createReport, reportLines, type DoctorReport } from './doctor-report.ts'
import { failedResult, runChecks } from './run-checks.ts'

/** Checks the config, the machine and every provider. Exit code 1 if no run can start. */
export async function runDoctor(invocation: Invocation): Promise<number> {
  const report = await examine(invocation)
  if (invocation.options['json']) writeJson(report)
  else process.stdout.write(`${reportLines(report, process.stdout).join('\n')}\n`)
  return report.ok ? 0 : 1
}

async function examine({ installation, configPath, version }: Invocation): Promise<DoctorReport> {
  const { env } = process
  const { state, findings: config } = await checkConfig(configPath, { env })
  const { path, plan } = state
  const root = plan?.root ?? (path === undefined ? process.cwd() : dirname(path))
  const context: DoctorContext = { ...state, installation, version, env, root }
  const [providers, machine] = await Promise.all([checkProviders(context), runChecks(machineChecks(context))])
  return createReport([...machine, ...config, ...providers.findings], providers.chosen)
}

/** What the providers say, and the name of the one that a run uses. Never rejects. */
async function checkProviders(
  context: DoctorContext,
): Promise<{ readonly findings: readonly Finding[]; readonly chosen?: string }> {
  const { installation, env, root, plan } = context
  // Each probe has a time limit of its own.
  const { signal } = new AbortController()
  try {
    const inspection = await inspectProviders(installation, { env, root, signal, ...(plan ? { plan } : {}) })
    const checks = [...builderCheck(installation, inspection, plan), ...providerChecks(inspection)]
    const findings = [...describeProviders(inspection), ...(await runChecks(checks))]
    return { findings, ...('name' in inspection.choice ? { chosen: inspection.choice.name } : {}) }
  } catch (error) {
    return { findings: [{ group: 'providers', name: 'choice', ...failedResult(error) }] }
  }
}

function machineChecks(context: DoctorContext): readonly PlacedCheck[] {
  return [
    { group: 'machine', name: 'versions', run: () => checkVersions(context) },
    { group: 'machine', name: 'disk', run: () => checkDisk(context) },
    { group: 'machine', name: 'ports', run: () => checkPorts(context) },
    { group: 'machine', name: 'registry-credentials', run: () => checkRegistries(context) },
  ]
}
