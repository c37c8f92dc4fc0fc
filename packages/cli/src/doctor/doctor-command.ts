import { dirname } from 'node:path'
import { inspectProviders } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'
import { writeJson } from '../output.ts'
import type { DoctorContext, PlacedCheck } from './check.ts'
import { checkConfig } from './check-config.ts'
import { checkDisk } from './check-disk.ts'
import { checkPorts } from './check-ports.ts'
import { builderCheck, describeProviders, providerChecks } from './check-providers.ts'
import { checkRegistries } from './check-registries.ts'
import { checkVersions } from './check-versions.ts'
import { createReport, reportLines, type DoctorReport } from './doctor-report.ts'
import { runChecks } from './run-checks.ts'

// A provider promises to settle its probe within 5 s, and a minute later where a program logs the user in.
const PROBE_TIMEOUT_MS = 75_000

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
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)
  const [inspection, machine] = await Promise.all([
    inspectProviders(installation, { env, root, signal, ...(plan ? { plan } : {}) }),
    runChecks(machineChecks(context)),
  ])
  const ofProviders = await runChecks([...builderCheck(installation, inspection, plan), ...providerChecks(inspection)])
  const findings = [...machine, ...config, ...describeProviders(inspection), ...ofProviders]
  const { choice } = inspection
  return createReport(findings, 'name' in choice ? choice.name : undefined)
}

function machineChecks(context: DoctorContext): readonly PlacedCheck[] {
  return [
    { group: 'machine', name: 'versions', run: () => checkVersions(context) },
    { group: 'machine', name: 'disk', run: () => checkDisk(context) },
    { group: 'machine', name: 'ports', run: () => checkPorts(context) },
    { group: 'machine', name: 'registry-credentials', run: () => checkRegistries(context) },
  ]
}
