import {
  container,
  docker,
  kubernetes,
  npmServer,
  plainProcess as plain,
  staticServer,
  type AnyService,
  type ProviderRef,
} from 'moorage'
import { Chance } from '../../../test/simulation/schedule.ts'
import type { ProviderName } from '../../harness/engine.ts'

export const FAULTS = {
  process: ['slow server', 'reset connections', 'crashed server', 'deaf server'],
  docker: ['slow engine', 'slow pull', 'resets', 'refused dials', 'crashed container'],
  kubernetes: ['slow engine', 'resets', 'refused dials', 'throttled', 'crashed pod'],
} as const satisfies { readonly [P in ProviderName]: readonly string[] }

export type Fault = (typeof FAULTS)[ProviderName][number]

/** What a seed decides for one run: half of all are left alone. */
export function faultOf(provider: ProviderName, seed: number): Fault | undefined {
  const chance = new Chance(seed)
  return chance.yes(0.5) ? chance.pick<Fault>(FAULTS[provider]) : undefined
}

// The right errors, where a fault may end a run; an empty list: the run has to succeed all the same.
export const ALLOWED: { readonly [F in Fault]: readonly string[] } = {
  'slow server': [],
  'reset connections': [],
  'crashed server': ['SERVICE_EXITED'],
  'deaf server': ['DEADLINE'],
  'slow engine': [],
  'slow pull': [],
  resets: ['PROVIDER_LOST', 'PROVIDER_UNAVAILABLE', 'FORWARD_FAILED'],
  'refused dials': ['PROVIDER_LOST', 'PROVIDER_UNAVAILABLE', 'FORWARD_FAILED'],
  throttled: [],
  'crashed container': ['SERVICE_EXITED'],
  'crashed pod': ['SERVICE_EXITED'],
}

// Faults after which there is never a success.
export const FATAL: readonly Fault[] = ['crashed server', 'deaf server', 'crashed container', 'crashed pod']

export const PULLED = `${process.env['MOORAGE_TESTBED_REGISTRY'] ?? '127.0.0.1:5000'}/library/busybox:1.37`

/** The services of one run. Each has a page, `hello`, on `web`. */
export function servicesFor(
  provider: ProviderName,
  fault: Fault | undefined,
  root: string,
): { readonly [name: string]: AnyService } {
  if (provider === 'process')
    return {
      web: npmServer({
        cwd: root,
        env: { FAULT: fault ?? '' },
        deadlines: { ready: fault === 'deaf server' ? 1_000 : 30_000 },
      }),
    }
  const web = staticServer({ root })
  if (fault === 'slow pull')
    return {
      web,
      pulled: container({
        image: PULLED,
        ports: { main: 7_000 },
        user: '1000:1000',
        command: ['nc', '-ll', '-p', '7000', '-e', 'cat'],
      }),
    }
  const crash = container({
    image: 'busybox:1.37',
    ports: { main: 7_000 },
    user: '1000:1000',
    command: ['sh', '-c', 'sleep 0.2; echo out of luck; exit 3'],
  })
  return fault && FATAL.includes(fault) ? { web, crash } : { web }
}

export function refOf(provider: ProviderName): ProviderRef {
  return { process: plain(), docker: docker(), kubernetes: kubernetes() }[provider]
}

/** The server of plain processes, with its faults. */
export const SERVER = `import { createServer } from 'node:http'
const { FAULT = '', PORT } = process.env
let resets = FAULT === 'reset connections' ? 3 : 0
const server = createServer((_, answer) => answer.end('hello')).on('connection', (socket) => { if (resets-- > 0) socket.resetAndDestroy() })
if (FAULT === 'crashed server') { console.error('out of luck'); process.exit(3) }
if (FAULT !== 'deaf server') setTimeout(() => server.listen(PORT, '127.0.0.1'), FAULT === 'slow server' ? 700 : 0)
setInterval(() => {}, 1_000)
`
