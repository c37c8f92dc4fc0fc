import { setTimeout as sleep } from 'node:timers/promises'
import { exitSignal, type ContainerSettings, type Exit } from '@moorage/core/provider'
import { expectSuccess, type CallEngine } from '../engine/call-engine.ts'

/** Source: Docker Engine API, "Inspect a container", State. */
interface ContainerState {
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`; Podman also has others. */
  readonly Status: string
  readonly Running: boolean
  readonly ExitCode: number
  readonly OOMKilled?: boolean
}

/** Source: Docker Engine API, "Wait for a container". `not-running` also holds for a container that has ended. */
type WaitCondition = 'next-exit' | 'not-running'

// A service must be reported as lost soon after its engine has died, and an engine answers within about 2 ms.
const RECONNECT_TIMEOUT_MS = 2_000
const RECONNECT_INTERVAL_MS = 50

// Docker restarts a container as it reports the exit, Podman a moment later.
const RESTART_TIMEOUT_MS = 3_000

export interface WaitOptions {
  /** When the engine starts the container again. Default: `no`. */
  readonly restart?: ContainerSettings['restart']
  /** The container has been started, and may have ended. Default: it is about to be started. */
  readonly isStarted?: boolean
  /** Ends the wait; the exit that it resolves with says nothing then. */
  readonly signal?: AbortSignal
  /** Called when the container has ended and the engine has started it again. */
  onRestart?(): void
}

/**
 * Waits for the exit that the engine does not follow by a restart. Never rejects. A connection that breaks says nothing
 * about the container, so the engine is asked for its state, and the wait goes on while it runs. Resolves with the
 * reason `lost` when the container is gone, or when the engine does not answer for 2 s.
 */
export async function waitForExit(call: CallEngine, containerId: string, options: WaitOptions = {}): Promise<Exit> {
  const lost: Exit = {
    reason: 'lost',
    detail: 'the engine stopped answering, or another program removed the container',
  }
  let condition: WaitCondition | undefined = options.isStarted ? 'not-running' : 'next-exit'
  for (;;) {
    const code = condition && (await waitOnce(call, containerId, condition).catch(() => undefined))
    if (options.signal?.aborted) return lost
    const found = await findState(call, containerId)
    if (code !== undefined) {
      // Between two runs of a container, Docker can report the exit code 0 that it has reset for the next one.
      const runs = isRestartable(options) && found?.state?.Running === true
      const restarts = runs || (isRestarted(options, code) && (await runsAgain(call, containerId)))
      if (!restarts) return toExit(code, found?.state)
      options.onRestart?.()
      condition = 'not-running'
      continue
    }
    if (!found?.state) return lost
    if (isEnded(found.state)) return found.wasAway ? lost : toExit(found.state.ExitCode, found.state)
    // The state of a container that does not run yet is polled: its exit could come before another wait begins.
    condition = found.state.Running ? 'not-running' : undefined
    await sleep(RECONNECT_INTERVAL_MS)
  }
}

function isRestartable({ restart = 'no' }: WaitOptions): boolean {
  return restart !== 'no'
}

/** Source: Docker documentation, "Start containers automatically", restart policy. */
function isRestarted(options: WaitOptions, code: number): boolean {
  return isRestartable(options) && (options.restart !== 'on-failure' || code !== 0)
}

/** Whether the engine starts the container again. It does not after a stop by another program. */
async function runsAgain(call: CallEngine, containerId: string): Promise<boolean> {
  const deadline = performance.now() + RESTART_TIMEOUT_MS
  while (performance.now() < deadline) {
    const found = await findState(call, containerId)
    // Docker counts a container that it is about to restart as running.
    if (!found?.state || found.state.Running) return found?.state !== undefined
    await sleep(RECONNECT_INTERVAL_MS)
  }
  return false
}

/** The exit code; undefined where the answer ended too early. Without the SDK: its wait hangs when the engine dies. */
async function waitOnce(call: CallEngine, containerId: string, condition: WaitCondition): Promise<number | undefined> {
  const path = `/containers/${containerId}/wait?condition=${condition}`
  const { text } = await expectSuccess(call({ method: 'POST', path }))
  return (JSON.parse(text) as { readonly StatusCode?: number }).StatusCode
}

/** The state of a container, without one where it is gone; undefined when the engine does not answer in time. */
async function findState(
  call: CallEngine,
  containerId: string,
): Promise<{ readonly state?: ContainerState; readonly wasAway: boolean } | undefined> {
  const deadline = AbortSignal.timeout(RECONNECT_TIMEOUT_MS)
  for (let wasAway = false; !deadline.aborted; wasAway = true) {
    try {
      const path = `/containers/${containerId}/json`
      const { status, text } = await expectSuccess(call({ method: 'GET', path, signal: deadline }), 404)
      if (status === 404) return { wasAway }
      return { state: (JSON.parse(text) as { readonly State: ContainerState }).State, wasAway }
    } catch {
      await sleep(RECONNECT_INTERVAL_MS)
    }
  }
  return undefined
}

function isEnded({ Status, Running }: ContainerState): boolean {
  return !Running && /^(exited|dead|removing|stopped|stopping)$/.test(Status)
}

function toExit(code: number, state: ContainerState | undefined): Exit {
  return {
    reason: 'exited',
    code,
    ...(state?.OOMKilled ? { detail: 'out of memory' } : {}),
    ...(code > 128 ? exitSignal(code) : {}),
  }
}
