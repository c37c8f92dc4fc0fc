import type { ContainerUnit } from '@moorage/core/provider'

/**
 * Sends another stop signal than the image's, before the kubelet sends that one: a pod has no field for it before
 * Kubernetes 1.33 (feature gate ContainerStopSignals). The hook ends with the process, or with the grace period. It
 * needs `sh`; without it, the process gets the image's signal only.
 */
export function stopHook({ stopSignal, init }: ContainerUnit): object {
  if (stopSignal === undefined) return {}
  const signal = stopSignal.replace(/^SIG/, '')
  const script = `${init ? FIND_MAIN : 'main=1'}; kill -s ${signal} $main; while kill -0 $main; do sleep 0.1; done`
  return { lifecycle: { preStop: { exec: { command: ['sh', '-c', script] } } } }
}

// In a shared process namespace, process 1 is the pause container's, and the main process is the oldest of the others.
const FIND_MAIN =
  'main=; for d in /proc/[0-9]*; do p=${d#/proc/}; [ $p -gt 1 ] && { [ -z "$main" ] || [ $p -lt $main ]; } && main=$p; done'
