import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { builds } from '../../e2e/bench/builds.ts'
import { compareRevisions } from '../../e2e/bench/compare.ts'
import { composeUp } from '../../e2e/bench/compose.ts'
import { dockerStart } from '../../e2e/bench/docker-start.ts'
import { forwardDownload } from '../../e2e/bench/download.ts'
import { kubernetesStart } from '../../e2e/bench/kubernetes.ts'
import { imports } from '../../e2e/bench/imports.ts'
import { isolation } from '../../e2e/bench/isolation.ts'
import { dockerMany, kubernetesMany } from '../../e2e/bench/many.ts'
import { measure, report, type Bench } from '../../e2e/bench/result.ts'
import { supervisor } from '../../e2e/bench/supervisor.ts'
import { bedEnvironment } from '../bed-environment.ts'

// `npm run bench -- [--n 15] [name …]`: measured beside what it competes with, on the same machine, in turns. From 15
// samples on, results are kept. `--compare REV`: the built package of this checkout beside that of another revision.
const { values, positionals } = parseArgs({
  options: { n: { type: 'string', default: '15' }, compare: { type: 'string' } },
  allowPositionals: true,
})
const benches: readonly Bench[] = [
  imports,
  supervisor,
  dockerStart,
  dockerMany,
  kubernetesStart,
  kubernetesMany,
  forwardDownload,
  isolation,
  builds,
  composeUp,
]
const n = Number(values.n)
if (!(Number.isInteger(n) && n > 0))
  throw new RangeError(`--n is '${values.n}', and has to be a whole number of samples.`)
const needsDocker = new Set<Bench>([dockerStart, dockerMany, builds, composeUp])
const needsCluster = new Set([kubernetesStart, kubernetesMany, forwardDownload])

Object.assign(process.env, bedEnvironment())
// In CI no process joins a run that it does not belong to; a compile cache of the caller's would help only some.
for (const name of ['CI', 'NODE_COMPILE_CACHE', 'MOORAGE_PROVIDER']) Reflect.deleteProperty(process.env, name)
const version = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { encoding: 'utf8' })
const engine = version.status === 0 ? `Docker Engine ${version.stdout.trim()}` : ''

if (values.compare !== undefined) {
  const engines = { docker: engine !== '', kubernetes: process.env['MOORAGE_TESTBED_KUBECONFIG'] !== undefined }
  await compareRevisions(values.compare, { n, names: positionals, engines })
}
for (const bench of values.compare === undefined ? benches : []) {
  if (positionals.length && !positionals.includes(bench.name)) continue
  if (needsDocker.has(bench) && !engine)
    process.stdout.write(`\n${bench.title}: skipped, no Docker engine answers (npm run testbed -- up)\n`)
  else if (needsCluster.has(bench) && !process.env['MOORAGE_TESTBED_KUBECONFIG'])
    process.stdout.write(`\n${bench.title}: skipped, no cluster (npm run testbed -- up)\n`)
  else report(bench, await measure(bench, n), engine)
}
