import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { binary } from './go-programs.ts'
import { ask, kubectl } from './kubernetes-api.ts'
import { kubeconfigOf } from './kubernetes-paths.ts'
import { kubectl as program } from './kubernetes-programs.ts'
import { cache, sources } from './paths.ts'

export interface PodCommand {
  /** Default `ci`. */
  namespace?: string
  /** Default `shared`, who has the documented Role in `ci`. */
  serviceAccount?: string
  /** Runs in the checkout, with the Node that runs this first on its PATH. */
  command: string[]
  env?: Record<string, string>
  /** Of the pod, as a CI system sets them. */
  labels?: Record<string, string>
  /** Default `node:24`. */
  image?: string
  /** Milliseconds until it must have ended; default 120 000. */
  timeout?: number
}

export interface PodRun {
  name: string
  /** Standard output and error so far, as the kubelet keeps them. */
  output: () => string
  /** Of the command; the pod is gone by then. */
  ended: Promise<{ code: number; output: string }>
  /** Deletes the pod, with the seconds between SIGTERM and SIGKILL. */
  remove: (grace: number) => Promise<void>
}

interface Pod {
  status: { phase: string; containerStatuses?: { state: { terminated?: { exitCode: number }; waiting?: object } }[] }
}

const checkout = dirname(dirname(sources))

/** Runs a command as a CI job in a pod would run it: the checkout and the cache at their own paths, in the cluster. */
export async function inPod(options: PodCommand): Promise<{ code: number; output: string }> {
  return (await startInPod(options)).ended
}

/** As `inPod`, for a command that is to be watched or ended from outside. */
export async function startInPod(options: PodCommand): Promise<PodRun> {
  const { namespace = 'ci', timeout = 120_000 } = options
  const name = `in-pod-${randomBytes(4).toString('hex')}`
  const deadline = Date.now() + timeout
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  const remove = async (grace: number): Promise<void> => {
    await kubectl(['delete', 'pod', name, '-n', namespace, '--ignore-not-found', `--grace-period=${grace}`])
  }
  await kubectl(['create', '-f', '-'], JSON.stringify(podOf(name, namespace, options)))
  try {
    await until(path, deadline, ({ phase }) => phase !== 'Pending')
  } catch (error) {
    await remove(1)
    throw error
  }
  let output = ''
  const args = ['--kubeconfig', kubeconfigOf('admin'), 'logs', '-f', '-n', namespace, name]
  const log = spawn(binary(program), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  log.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const logged = new Promise((resolve) => log.once('close', resolve))
  const end = async (): Promise<{ code: number; output: string }> => {
    try {
      const exitCode = await until(path, deadline, ({ containerStatuses: [status] = [] }) => status?.state.terminated)
      await logged
      return { code: exitCode.exitCode, output }
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${output}`)
    } finally {
      await remove(1)
    }
  }
  const ended = end()
  // Who removes the pod does not wait for its command.
  ended.catch(() => undefined)
  return { name, output: () => output, ended, remove }
}

function podOf(name: string, namespace: string, options: PodCommand): object {
  const node = dirname(process.execPath)
  const places = [checkout, dirname(cache), node]
  const variables = { PATH: `${node}:/usr/local/bin:/usr/bin:/bin`, MOORAGE_CACHE_DIR: dirname(cache), ...options.env }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: options.labels ?? {} },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: options.serviceAccount ?? 'shared',
      terminationGracePeriodSeconds: 10,
      containers: [
        {
          name: 'job',
          image: options.image ?? 'node:24',
          command: options.command,
          workingDir: checkout,
          env: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
          volumeMounts: places.map((mountPath, index) => ({ name: `place-${index}`, mountPath })),
        },
      ],
      volumes: places.map((place, index) => ({ name: `place-${index}`, hostPath: { path: place } })),
    },
  }
}

type Question<T> = (status: Pod['status']) => T | false | undefined

async function until<T>(path: string, deadline: number, wanted: Question<T>): Promise<T> {
  for (;;) {
    const { status, body } = await ask(path)
    if (status !== 200) throw new Error(`The pod is gone: ${body}`)
    const now = (JSON.parse(body) as Pod).status
    const found = wanted(now)
    if (found) return found
    if (Date.now() > deadline) throw new Error(`The pod did not get that far in time: ${JSON.stringify(now)}`)
    await sleep(50)
  }
}
