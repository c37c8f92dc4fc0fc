import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defineConfig, isMoorageError, provision, type ProvisionOptions } from 'moorage'
import { dockerKinds } from '../../../test/inventory/docker.ts'
import type { Kind } from '../../../test/inventory/kind.ts'
import { Chance } from '../../../test/simulation/schedule.ts'
import { kubeconfig, kubectl, NAMESPACE, type ProviderName } from '../../harness/engine.ts'
import { openProxy, upstreamOf, type FaultyProxy } from './faulty-proxy.ts'
import { ALLOWED, FATAL, faultOf, PULLED, refOf, SERVER, servicesFor, type Fault } from './plan.ts'

export interface Soaked {
  readonly seed: number
  readonly fault: Fault | undefined
  readonly outcome: string
  readonly right: boolean
  readonly ms: number
  readonly retries: number
}

/** After each run: what must not grow. */
export interface Sample {
  readonly descriptors: number
  readonly heap: number
  readonly objects: number
}

/** The place that a provider's runs are soaked in: the real engine, behind the proxy. */
export interface Basin extends AsyncDisposable {
  run(seed: number): Promise<Soaked>
  sample(): Promise<Sample>
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export async function openBasin(provider: ProviderName): Promise<Basin> {
  const root = mkdtempSync(join(tmpdir(), 'soak-'))
  mkdirSync(join(root, 'site'))
  writeFileSync(join(root, 'site/index.html'), 'hello')
  writeFileSync(join(root, 'server.mjs'), SERVER)
  writeFileSync(
    join(root, 'package.json'),
    JSON.stringify({ type: 'module', scripts: { start: 'exec node server.mjs' } }),
  )
  const proxy = await proxyTo(provider, root)
  const env = { ...process.env, MOORAGE_PROVIDER: provider, ...environmentBehind(provider, proxy, root) }
  const kinds = kindsOf(provider)
  return {
    run: (seed) => runOne({ provider, root, proxy, env }, seed),
    async sample() {
      // Its connections are in this process as well.
      await proxy?.quiet()
      collect()
      const items = await Promise.all(kinds.map(({ take }) => take()))
      return {
        descriptors: readdirSync('/proc/self/fd').length,
        heap: process.memoryUsage().heapUsed,
        objects: items.flat().length,
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy?.[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function proxyTo(provider: ProviderName, root: string): Promise<FaultyProxy | undefined> {
  if (provider === 'docker')
    return await openProxy(
      { socketPath: (process.env['DOCKER_HOST'] ?? '').replace('unix://', '') },
      { path: join(root, 'engine.sock') },
    )
  if (provider === 'kubernetes')
    return await openProxy(upstreamOf(kubeconfig('shared')), { port: 0, host: '127.0.0.1' })
  return undefined
}

function environmentBehind(
  provider: ProviderName,
  proxy: FaultyProxy | undefined,
  root: string,
): { readonly [name: string]: string } {
  if (!proxy) return {}
  if (provider === 'docker') return { DOCKER_HOST: `unix://${join(root, 'engine.sock')}` }
  const file = join(root, 'kubeconfig.json')
  const cluster = {
    name: 'proxy',
    cluster: { server: `http://127.0.0.1:${proxy.port}`, 'insecure-skip-tls-verify': true },
  }
  writeFileSync(
    file,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [cluster],
      users: [{ name: 'proxy', user: {} }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy', namespace: NAMESPACE } }],
      'current-context': 'proxy',
    }),
  )
  return { KUBECONFIG: file, MOORAGE_KUBE_CONTEXT: 'proxy', MOORAGE_NAMESPACE: NAMESPACE }
}

function kindsOf(provider: ProviderName): readonly Kind[] {
  if (provider === 'docker')
    return dockerKinds(process.env['DOCKER_HOST'] ?? '').filter(({ name }) => name !== 'docker image')
  if (provider === 'process')
    return [
      {
        name: 'file',
        take: () => Promise.resolve(readdirSync(tmpdir()).filter((name) => name.startsWith('moorage-dev-'))),
      },
    ]
  return [
    {
      name: 'object',
      take: () =>
        Promise.resolve(
          kubectl('get', 'pods,secrets,services,jobs,leases', '-n', NAMESPACE, '-o', 'name')
            .stdout.split('\n')
            .filter(Boolean),
        ),
    },
  ]
}

interface Work {
  readonly provider: ProviderName
  readonly root: string
  readonly proxy: FaultyProxy | undefined
  readonly env: NodeJS.ProcessEnv
}

async function runOne({ provider, root, proxy, env }: Work, seed: number): Promise<Soaked> {
  const fault = faultOf(provider, seed)
  const since = performance.now()
  let retries = 0
  const onProgress: ProvisionOptions['onProgress'] = (progress) => {
    if (progress.kind !== 'notice') return
    if (/needed \d+ attempts/.test(progress.text)) retries += 1
    process.stdout.write(`    seed ${seed}: ${progress.text}\n`)
  }
  const end = (outcome: string, right: boolean): Soaked => ({
    seed,
    fault,
    outcome,
    right,
    ms: Math.round(performance.now() - since),
    retries,
  })
  try {
    const over = inject(proxy, fault, new Chance(seed + 1_000_000))
    try {
      await using running = await provision(
        defineConfig({
          root,
          provider: refOf(provider),
          services: servicesFor(provider, fault, provider === 'process' ? root : join(root, 'site')),
        }),
        { env, onProgress },
      )
      over()
      const { url } = running.endpoints['web'] as { url: string }
      const text = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).text()
      return end(
        text.startsWith('hello') ? 'success' : `another page: ${text}`,
        text.startsWith('hello') && !(fault && FATAL.includes(fault)),
      )
    } finally {
      over()
    }
  } catch (error) {
    if (!isMoorageError(error)) return end(`NOT TYPED: ${(error as Error).stack}`, false)
    return end(
      `${error.code}: ${error.message.split('\n')[0]}`,
      fault !== undefined && ALLOWED[fault].includes(error.code),
    )
  }
}

/** Begins the trouble; gives its end. */
function inject(proxy: FaultyProxy | undefined, fault: Fault | undefined, chance: Chance): () => void {
  if (!proxy || fault === undefined) return () => {}
  let requests = 0
  const [from, many] = [chance.below(12), 1 + chance.below(2)]
  const hit = (): boolean => ++requests > from && requests <= from + many
  if (fault === 'slow engine') proxy.trouble = () => (chance.yes(0.3) ? { delay: chance.between(200, 1_000) } : {})
  if (fault === 'slow pull') {
    spawnSync('docker', ['rmi', PULLED], { stdio: 'ignore' })
    proxy.trouble = (_method, path) => (path.includes('/images/create') ? { delay: 1_500 } : {})
  }
  if (fault === 'resets') proxy.trouble = () => (hit() ? { reset: chance.pick(['before', 'after'] as const) } : {})
  if (fault === 'throttled') proxy.trouble = () => (hit() ? { throttle: true } : {})
  const over = new AbortController()
  if (fault === 'refused dials') void refuse(proxy, chance.between(0, 600), over.signal)
  return () => {
    over.abort()
    proxy.refuses = false
    proxy.trouble = () => ({})
  }
}

async function refuse(proxy: FaultyProxy, after: number, signal: AbortSignal): Promise<void> {
  await sleep(after, undefined, { signal }).catch(() => {})
  if (signal.aborted) return
  proxy.refuses = true
  await sleep(400, undefined, { signal }).catch(() => {})
  proxy.refuses = false
}
