import { readdirSync, readFileSync } from 'node:fs'

// One start by the revision whose module is given. Names of the public API differ between revisions.
const [what] = process.argv.slice(2)
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
const [importSince, importCpu] = [performance.now(), cpuMs()]
const moorage = await import(process.env.BENCH_MODULE)
const imported = { ms: performance.now() - importSince, 'client CPU ms': cpuMs() - importCpu }
if (what === 'import') {
  console.log(JSON.stringify(imported))
  process.exit()
}

const { container, defineConfig, docker, kubernetes, provision, staticServer } = moorage
const one = (files) =>
  container({
    image: 'busybox:1.37',
    ports: { main: 7000 },
    command: ['nc', '-ll', '-p', '7000', '-e', 'cat'],
    ...files,
  })
const cluster = () => kubernetes({ context: 'testbed', namespace: 'default' })
const configs = {
  given: () => ({ services: { web: staticServer({ root: '.', as: 'BENCH_URL' }) } }),
  process: () => ({
    provider: (moorage.plainProcess ?? moorage.process)(),
    services: { web: staticServer({ root: '.' }) },
  }),
  docker: () => ({ provider: docker(), services: { echo: one() } }),
  kubernetes: () => ({ provider: cluster(), services: { echo: one() } }),
  'kubernetes-files': () => ({ provider: cluster(), services: { echo: one({ files: { '/srv/app': '.' } }) } }),
}
const config =
  what === 'up'
    ? (await import('./measured-up/moorage.config.mjs')).default
    : defineConfig({ root: new URL('measured-up', import.meta.url).pathname, ...configs[what]() })

const before = new Set(readdirSync('/proc'))
const [since, cpuSince] = [performance.now(), cpuMs()]
const ignore = () => {}
const env = await provision(config, { onProgress: ignore, tell: ignore })
const measured = { ms: performance.now() - since, 'client CPU ms': cpuMs() - cpuSince }
measured['client peak MiB'] = process.resourceUsage().maxRSS / 1_024
const supervisor = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && !before.has(pid) && isSupervisor(pid))
if (supervisor) {
  measured['supervisor CPU ms'] = threadMs(supervisor)
  measured['supervisor peak MiB'] =
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${supervisor}/status`, 'utf8'))[1]) / 1_024
}
console.log(JSON.stringify(measured))
process.stdin
  .once('end', async () => {
    await env.dispose()
    console.log('{}')
  })
  .resume()

function isSupervisor(pid) {
  try {
    return /supervisor|process-main|bootstrap-main/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return false
  }
}

/** Nanoseconds on a processor stand first in a thread's schedstat. */
function threadMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  return (
    threads.reduce(
      (sum, id) => sum + Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
      0,
    ) / 1e6
  )
}
