import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bench } from './result.ts'
import { script } from './subject.ts'

const MEBIBYTES = 256
const BYTES = MEBIBYTES * 2 ** 20

// Milliseconds without a byte.
const STALL = 20_000

let rounds = 0

/** The same pod by both ways, each first in every other round; moorage's runs through its supervisor. */
export const forwardDownload: Bench = {
  name: 'forward-download',
  title: `Kubernetes: ${MEBIBYTES} MiB from a pod, on a new connection`,
  subjects: { download: both },
  // 1.2 times the bytes in a second.
  targets: [{ subject: 'moorage', beside: 'kubectl port-forward', limit: 0.83 }],
}

async function both(): Promise<{ [row: string]: number }> {
  const KUBECONFIG = process.env['MOORAGE_TESTBED_KUBECONFIG'] ?? ''
  const child = script([process.execPath, 'e2e/bench/subjects/download.mjs', String(BYTES)], { KUBECONFIG })
  const { url, pod } = await child.said()
  const { forward, port: kubectlPort } = await forwardTo(String(pod), KUBECONFIG)
  const ways = [
    ['moorage', Number(new URL(String(url)).port)],
    ['kubectl port-forward', kubectlPort],
  ] as const
  const samples: { [row: string]: number } = {}
  for (const [row, port] of rounds++ % 2 ? ways : ways.toReversed()) samples[row] = await download(port)
  forward.kill()
  await child.end()
  await sleep(2_000)
  return samples
}

/**
 * Tried again: the pod answers up to a second before the kubelet reports it as running, and kubectl goes by the report.
 */
async function forwardTo(
  pod: string,
  config: string,
): Promise<{ readonly forward: ChildProcess; readonly port: number }> {
  const argv = ['--kubeconfig', config, '-n', 'default', 'port-forward', `pod/${pod}`, ':7000']
  let errors = ''
  for (let tries = 0; tries < 20; tries += 1) {
    const forward = spawn(process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl', argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    forward.stderr.setEncoding('utf8').on('data', (text: string) => (errors = text))
    const [line] = (await Promise.race([
      once(createInterface({ input: forward.stdout }), 'line'),
      once(forward, 'close'),
    ])) as [string | number | null]
    const port = Number(/:(\d+) ->/.exec(String(line))?.[1])
    if (port) return { forward, port }
    await sleep(200)
  }
  throw new RangeError(`kubectl port-forward does not come up:\n${errors}`)
}

async function download(port: number): Promise<number> {
  const since = performance.now()
  let got = 0
  const socket = connect(port, '127.0.0.1')
  // The pod's end comes a second late through any port-forward: the last byte counts.
  await new Promise<void>((done, fail) => {
    socket.on('data', (chunk) => {
      got += chunk.length
      if (got === BYTES) done()
    })
    socket.setTimeout(STALL, () => socket.destroy(new RangeError(`nothing came for ${STALL} ms after ${got} bytes`)))
    socket.once('error', fail).once('close', () => fail(new RangeError(`only ${got} bytes came`)))
  })
  const ms = performance.now() - since
  socket.destroy()
  return ms
}
