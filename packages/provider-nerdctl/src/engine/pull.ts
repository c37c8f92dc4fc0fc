import { MoorageError, type ContainerUnit, type Report, type UnitSpec } from '@moorage/core/provider'
import { callNerdctl, fatalMessage, NerdctlFailure, type Nerdctl } from './nerdctl.ts'

/**
 * Pulls the image of a service as its setting `pull` demands. Throws `MoorageError` (IMAGE_NOT_FOUND, START_FAILED).
 */
export async function pullImage(
  nerdctl: Nerdctl,
  { name, container }: UnitSpec,
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<void> {
  const { image, pull = 'missing', platform } = container as ContainerUnit
  if (pull !== 'always' && (await hasImage(nerdctl, image, signal))) return
  if (pull === 'never')
    throw new MoorageError('IMAGE_NOT_FOUND', `services.${name}.pull: containerd does not have ${image}.`, {
      service: name,
      provider: 'nerdctl',
      phase: 'pull',
      hint: "Load the image into containerd, or remove pull: 'never'.",
    })
  report.phase(name, 'pull', image)
  const platformArguments = platform === undefined ? [] : ['--platform', platform]
  const args = ['pull', '--quiet', ...platformArguments, image]
  const { code, stderr } = await callNerdctl(nerdctl, args, { signal })
  if (code === 0) return
  const refusal = fatalMessage(stderr)
  const details = { service: name, provider: 'nerdctl', phase: 'pull' as const, hint: `containerd says: ${refusal}` }
  if (/not found|does not exist/i.test(refusal))
    throw new MoorageError(
      'IMAGE_NOT_FOUND',
      `services.${name}.image: there is no image ${image} that containerd can pull.`,
      { ...details, hint: `${details.hint}\nCorrect the name and the tag.` },
    )
  if (/unauthorized|denied|authorization failed|401|403/i.test(refusal))
    throw new MoorageError('IMAGE_NOT_FOUND', `services.${name}.image: the registry refuses ${image}.`, {
      ...details,
      hint: `${details.hint}\nLog in with nerdctl login, or correct the name.`,
    })
  throw new MoorageError('START_FAILED', `services.${name}.image: containerd could not pull ${image}.`, {
    ...details,
    cause: new NerdctlFailure(['pull'], stderr),
  })
}

async function hasImage(nerdctl: Nerdctl, image: string, signal: AbortSignal): Promise<boolean> {
  const args = ['image', 'inspect', '--format', '{{.ID}}', image]
  const { code, stdout } = await callNerdctl(nerdctl, args, { signal })
  return code === 0 && stdout.trim() !== ''
}
