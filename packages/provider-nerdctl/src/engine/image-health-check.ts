import { readFileSync } from 'node:fs'
import { debugLog, imageHealthCheck, messageOf, type HealthCheck, type ImageConfig } from '@moorage/core/provider'
import { callNerdctl, expectSuccess, type Nerdctl } from './nerdctl.ts'

// Where nerdctl looks for its configuration. Source: nerdctl documentation, "nerdctl.toml".
const DEFAULT_CONFIGURATION = '/etc/nerdctl/nerdctl.toml'

/**
 * The HEALTHCHECK of an image. `nerdctl image inspect` leaves it out, so `ctr`, which belongs to containerd, reads the
 * config of the image. Undefined where the image has none, and where there is no ctr; the debug log has the reason.
 */
export async function readHealthCheck(nerdctl: Nerdctl, image: string): Promise<HealthCheck | undefined> {
  try {
    const inspected = JSON.parse(await expectSuccess(nerdctl, ['image', 'inspect', '--mode=native', image])) as [
      { readonly ImageConfigDesc: { readonly digest: string } },
    ]
    const { digest } = inspected[0].ImageConfigDesc
    const ctr: Nerdctl = { program: 'ctr', name: 'ctr', globalArguments: containerdArguments(nerdctl) }
    const { code, stdout, stderr } = await callNerdctl(ctr, ['content', 'get', digest])
    if (code !== 0) throw new RangeError(stderr.trim())
    return imageHealthCheck((JSON.parse(stdout) as { readonly config?: ImageConfig }).config)
  } catch (error) {
    debugLog('nerdctl')?.('image config', { image, error: messageOf(error) })
    return undefined
  }
}

/**
 * The containerd and the namespace that nerdctl uses: its arguments, its variables, its configuration, its defaults.
 */
function containerdArguments({ globalArguments }: Nerdctl): readonly string[] {
  const toml = readConfiguration()
  const setting = (name: string, variable: string | undefined): readonly string[] => {
    const given = globalArguments.indexOf(`--${name}`)
    const value =
      (given < 0 ? undefined : globalArguments[given + 1]) ??
      (variable || undefined) ??
      new RegExp(`^\\s*${name}\\s*=\\s*["']([^"']+)["']`, 'm').exec(toml)?.[1]
    return value === undefined ? [] : [`--${name}`, value.replace(/^unix:\/\//, '')]
  }
  return [
    ...setting('address', process.env['CONTAINERD_ADDRESS']),
    ...setting('namespace', process.env['CONTAINERD_NAMESPACE']),
  ]
}

function readConfiguration(): string {
  try {
    return readFileSync(process.env['NERDCTL_TOML'] || DEFAULT_CONFIGURATION, 'utf8')
  } catch {
    return ''
  }
}
