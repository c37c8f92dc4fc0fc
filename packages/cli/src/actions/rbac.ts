import { MoorageError, type AccessSubject, type Provider } from '@moorage/core'
import { loadProvider } from '@moorage/core/runner'
import type { Invocation } from '../command.ts'

/** Prints the manifest with which an administrator grants moorage's permissions. Asks no cluster. */
export async function runRbac({ installation, options }: Invocation): Promise<number> {
  const { mode, namespace, account, user } = options
  if (account !== undefined && user !== undefined)
    throw new MoorageError('USAGE', 'rbac: --account and --user cannot be combined.', { hint: 'Omit one of them.' })
  const subject: AccessSubject | undefined =
    typeof account === 'string' ? { account } : typeof user === 'string' ? { user } : undefined
  const manifest = (await providerWithPermissions(installation)).accessManifest?.({
    ...(typeof mode === 'string' ? { mode } : {}),
    ...(typeof namespace === 'string' ? { namespace } : {}),
    ...(subject ? { subject } : {}),
  })
  process.stdout.write(manifest ?? '')
  return 0
}

async function providerWithPermissions({ providers }: Invocation['installation']): Promise<Provider> {
  const loaded = await Promise.all(providers.map((ref) => loadProvider(ref, process.cwd())))
  const provider = loaded.find(({ accessManifest }) => accessManifest)
  if (provider) return provider
  throw new MoorageError('OPTION_UNSUPPORTED', 'rbac: no provider of this installation has permissions to print.', {
    hint: 'The provider kubernetes has them.',
  })
}
