import { messageOf, type ProbeResult } from '@moorage/core/provider'
import { callNerdctl, fatalMessage, type Nerdctl } from './nerdctl.ts'

interface Version {
  readonly Client?: { readonly Version?: string }
  readonly Server?: { readonly Components?: readonly { readonly Name: string; readonly Version: string }[] }
}

const PROBE_TIMEOUT_MS = 4_000

/** Whether nerdctl is there and reaches its containerd. Never rejects. */
export async function probeNerdctl(nerdctl: Nerdctl, signal: AbortSignal): Promise<ProbeResult> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  try {
    const version = await callNerdctl(nerdctl, ['version', '--format', '{{json .}}'], { signal: deadline })
    const { Client, Server } = JSON.parse(version.stdout || '{}') as Version
    const containerd = Server?.Components?.find(({ Name }) => Name === 'containerd')?.Version
    if (containerd === undefined)
      return {
        ok: false,
        reason: `nerdctl does not reach containerd (${fatalMessage(version.stderr) || 'no server version'})`,
        fix: isRootless() ? 'run as root' : 'start containerd, or name its socket in CONTAINERD_ADDRESS',
      }
    if (isRootless())
      return {
        ok: false,
        reason: 'containerd is rootless, so this machine cannot reach the addresses of its containers',
        fix: 'run as root',
      }
    return { ok: true, detail: `containerd ${containerd} through nerdctl ${Client?.Version ?? ''}`.trim() }
  } catch (error) {
    if (deadline.aborted)
      return {
        ok: false,
        reason: `nerdctl did not answer within ${PROBE_TIMEOUT_MS / 1_000} s`,
        fix: 'check whether containerd runs',
      }
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return isMissing
      ? { ok: false, reason: `there is no program ${nerdctl.program}`, fix: 'install nerdctl' }
      : { ok: false, reason: `nerdctl cannot run (${messageOf(error)})`, fix: 'check the installation of nerdctl' }
  }
}

/** Source: nerdctl documentation, "Rootless mode": any user but root gets a containerd of its own. */
function isRootless(): boolean {
  return process.getuid?.() !== 0
}
