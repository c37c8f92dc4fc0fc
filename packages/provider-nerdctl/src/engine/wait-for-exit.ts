import { setTimeout as sleep } from 'node:timers/promises'
import { exitSignal, type Exit } from '@moorage/core/provider'
import { callNerdctl, type Nerdctl } from './nerdctl.ts'

interface ContainerState {
  readonly Running: boolean
  readonly ExitCode: number
}

// A service must be reported as lost soon after its containerd has died.
const MAX_ATTEMPTS = 20
const RETRY_INTERVAL_MS = 100

/**
 * Waits for the container's exit. Never rejects. Resolves with the reason `lost` when the container is gone, or when
 * containerd does not answer for 2 s.
 */
export async function waitForExit(nerdctl: Nerdctl, name: string): Promise<Exit> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    // The wait of a container that has ended answers at once.
    const { code, stdout } = await callNerdctl(nerdctl, ['wait', name]).catch(() => FAILED)
    if (code === 0 && /^\d+\s*$/.test(stdout)) return toExit(Number(stdout))
    const state = await findState(nerdctl, name)
    if (state === 'gone') break
    if (state?.Running === false) return toExit(state.ExitCode)
    if (state) attempt = 0
    await sleep(RETRY_INTERVAL_MS)
  }
  return { reason: 'lost', detail: 'containerd stopped answering, or another program removed the container' }
}

const FAILED = { code: 1, stdout: '', stderr: '' }

/** Undefined when containerd does not answer. */
async function findState(nerdctl: Nerdctl, name: string): Promise<ContainerState | 'gone' | undefined> {
  const result = await callNerdctl(nerdctl, ['inspect', '--format', '{{json .State}}', name]).catch(() => FAILED)
  if (result.code === 0) return JSON.parse(result.stdout) as ContainerState
  return /no such (container|object)/i.test(result.stderr) ? 'gone' : undefined
}

function toExit(code: number): Exit {
  return { reason: 'exited', code, ...(code > 128 ? exitSignal(code) : {}) }
}
