import { spawn } from 'node:child_process'
import { messageOf, MoorageError } from '@moorage/core/provider'
import type { ExecConfig, KubeCluster } from './kubeconfig.ts'

/** What a credential plugin has printed: `ExecCredential` of client.authentication.k8s.io, its status. */
export interface ExecCredential {
  readonly token?: string
  readonly clientCertificateData?: string
  readonly clientKeyData?: string
  readonly expirationTimestamp?: string
}

export interface PluginRun {
  readonly exec: ExecConfig
  readonly cluster: KubeCluster
  readonly env: NodeJS.ProcessEnv
  /** Default: 60,000. */
  readonly timeoutMs?: number
}

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_API_VERSION = 'client.authentication.k8s.io/v1'
const CLUSTER_CONFIG_EXTENSION = 'client.authentication.k8s.io/exec'
// A token has a few kilobytes.
const MAX_OUTPUT_BYTES = 1024 * 1024
const MAX_MESSAGE_CHARACTERS = 400

/**
 * Runs a credential plugin, without a terminal.
 *
 * Throws MoorageError (PROVIDER_UNAVAILABLE) in the words of the plugin if it fails, and if it prints no credentials or
 * does not end in time.
 *
 * Source: kubernetes.io, "Authenticating", "client-go credential plugins".
 */
export async function runExecPlugin(run: PluginRun): Promise<ExecCredential> {
  const { exec, timeoutMs = DEFAULT_TIMEOUT_MS } = run
  if (exec.interactiveMode === 'Always')
    throw pluginError(exec, 'needs a terminal (interactiveMode: Always), which moorage does not have')
  const { output, errors, code, timedOut } = await execute(run, timeoutMs)
  if (timedOut) throw pluginError(exec, `did not end within ${timeoutMs / 1_000} s${quote(errors)}`)
  if (code !== 0) throw pluginError(exec, `failed with exit code ${code}${quote(errors)}`)
  const credential = parseCredential(output)
  if (!credential) throw pluginError(exec, `printed no credentials${quote(errors)}`)
  return credential
}

interface PluginEnd {
  readonly output: string
  readonly errors: string
  readonly code: number | null
  readonly timedOut: boolean
}

function execute({ exec, cluster, env }: PluginRun, timeoutMs: number): Promise<PluginEnd> {
  const variables = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]))
  const info = { KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(exec, cluster)) }
  const child = spawn(exec.command, exec.args ?? [], {
    env: { ...env, ...variables, ...info },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  return new Promise((resolve, reject) => {
    let timedOut = false
    const texts = { output: '', errors: '' }
    const end = (code: number | null): void => {
      clearTimeout(timer)
      // A child of the plugin may hold the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ ...texts, code, timedOut })
    }
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
      end(null)
    }, timeoutMs)
    const collect = (key: keyof typeof texts) => (data: string) => {
      texts[key] = (texts[key] + data).slice(0, MAX_OUTPUT_BYTES)
    }
    child.stdout.setEncoding('utf8').on('data', collect('output'))
    child.stderr.setEncoding('utf8').on('data', collect('errors'))
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(notStarted(exec, error))
    })
    child.once('close', end)
  })
}

function execInfo({ apiVersion = DEFAULT_API_VERSION, provideClusterInfo }: ExecConfig, cluster: KubeCluster): object {
  const extension = cluster.extensions?.find(({ name }) => name === CLUSTER_CONFIG_EXTENSION)?.extension ?? null
  const { extensions: _, ...fields } = cluster
  return {
    kind: 'ExecCredential',
    apiVersion,
    spec: { ...(provideClusterInfo ? { cluster: { ...fields, config: extension } } : {}), interactive: false },
  }
}

function parseCredential(output: string): ExecCredential | undefined {
  try {
    const { status } = JSON.parse(output) as { readonly status?: ExecCredential | null }
    return status?.token || status?.clientCertificateData ? status : undefined
  } catch {
    return undefined
  }
}

function notStarted(exec: ExecConfig, error: NodeJS.ErrnoException): MoorageError {
  const hint = exec.installHint?.trim()
  if (error.code !== 'ENOENT') return pluginError(exec, `cannot be started: ${messageOf(error)}`)
  return pluginError(exec, 'is not installed, or not on the PATH', hint)
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim().slice(-MAX_MESSAGE_CHARACTERS).replace(/\.$/, '')
  return line ? `: ${line}` : ''
}

function pluginError({ command, args }: ExecConfig, problem: string, hint?: string): MoorageError {
  const commandLine = [command, ...(args ?? [])].join(' ')
  return new MoorageError('PROVIDER_UNAVAILABLE', `The credential plugin '${command}' of the kubeconfig ${problem}.`, {
    provider: 'kubernetes',
    hint: hint || `Log in again, then check with: ${commandLine}`,
  })
}
