import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  MoorageError,
  readFileTrees,
  serviceHostName,
  type ContainerUnit,
  type Report,
  type Run,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { expectSuccess, type Nerdctl } from './engine/nerdctl.ts'
import { createLogFolder, logDriver } from './engine/log-folder.ts'
import { waitForExit } from './engine/wait-for-exit.ts'
import { isConnectionLost, refusalMessage } from './errors.ts'
import { deliverFiles } from './files.ts'
import { labelArguments, runLabels } from './labels.ts'
import { pullImage } from './engine/pull.ts'
import type { RunVolumes } from './engine/volumes.ts'
import { settingArguments } from './settings.ts'
import { removeContainer } from './stop.ts'
import { createUnit } from './unit.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly nerdctl: Nerdctl
  readonly run: Run
  readonly report: Report
  readonly network: Promise<string>
  readonly volumes: RunVolumes
}

/**
 * Starts a service as a container. Resolves when the container runs; core then checks whether it is ready. Throws
 * `MoorageError` (IMAGE_NOT_FOUND, START_FAILED), or rejects with the reason of the signal.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { nerdctl, run, report } = context
  const { image, files } = spec.container as ContainerUnit
  signal.throwIfAborted()
  await pullImage(nerdctl, spec, { report, signal })
  const network = await context.network
  const volumes = await context.volumes.create(spec.container as ContainerUnit)
  signal.throwIfAborted()
  report.phase(spec.name, 'start')
  const name = `moorage-${run.id}-${serviceHostName(spec.name)}`
  report.journal({ kind: 'container', name, engine: nerdctl.name })
  const logFolder = await createLogFolder(run, serviceHostName(spec.name))
  try {
    // None of these calls is cut off: nerdctl leaves files behind when it is killed.
    await createContainer(nerdctl, { name, network, volumes, spec, run, logFolder })
    signal.throwIfAborted()
    await deliverFiles(nerdctl, name, readFileTrees(files))
    signal.throwIfAborted()
    await expectSuccess(nerdctl, ['start', name])
    signal.throwIfAborted()
    return createUnit({ nerdctl, spec, name, logFolder, exit: waitForExit(nerdctl, name) })
  } catch (error) {
    await removeContainer(nerdctl, name).catch(() => {})
    signal.throwIfAborted()
    if (error instanceof MoorageError && error.code !== 'START_FAILED') throw error
    if (isConnectionLost(error)) throw error
    throw toStartError(error, spec, image)
  }
}

interface Creation {
  readonly name: string
  readonly network: string
  readonly volumes: ReadonlyMap<string, string>
  readonly spec: UnitSpec
  readonly run: Run
  readonly logFolder: string
}

async function createContainer(
  nerdctl: Nerdctl,
  { name, network, volumes, spec, run, logFolder }: Creation,
): Promise<void> {
  const container = spec.container as ContainerUnit
  const variables = createVariables(spec.env)
  const [entrypoint, ...entrypointArguments] = container.entrypoint ?? []
  // Docker drops the image's command along with its entrypoint.
  const command = [...entrypointArguments, ...(container.command ?? [])]
  try {
    const args = [
      'create',
      '--pull=never',
      `--name=${name}`,
      `--network=${network}`,
      `--hostname=${serviceHostName(spec.name)}`,
      `--log-driver=${logDriver(logFolder)}`,
      ...labelArguments(runLabels(run)),
      ...variables.arguments,
      ...settingArguments(container, volumes),
      ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
      container.image,
      ...command,
    ]
    await expectSuccess(nerdctl, args, { env: variables.env })
  } finally {
    variables.remove()
  }
}

interface Variables {
  readonly arguments: readonly string[]
  readonly env: { readonly [name: string]: string }
  remove(): void
}

/**
 * Hands variables over by a file that only this user can read, because every user sees the arguments of a program. A
 * line of the file ends a value, so values of several lines go through the environment of nerdctl.
 */
function createVariables(env: UnitSpec['env']): Variables {
  const entries = Object.entries(env)
  const isLong = ([, value]: [string, string]): boolean => /[\r\n]/.test(value)
  const long = entries.filter(isLong)
  const lines = entries.filter((entry) => !isLong(entry)).map(([name, value]) => `${name}=${value}\n`)
  const folder = mkdtempSync(join(tmpdir(), 'moorage-env-'))
  const file = join(folder, 'env')
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  return {
    arguments: ['--env-file', file, ...long.flatMap(([name]) => ['--env', name])],
    env: Object.fromEntries(long),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function toStartError(error: unknown, { name }: UnitSpec, image: string): MoorageError {
  const refusal = refusalMessage(error)
  const details = { service: name, provider: 'nerdctl', phase: 'start' as const, cause: error }
  if (/executable file .*not found|exec: .*(no such file or directory|permission denied)/i.test(refusal)) {
    return new MoorageError('START_FAILED', `services.${name}.command: ${image} cannot run it.`, {
      ...details,
      hint: `containerd says: ${refusal}\nCorrect the command; it must exist inside the image.`,
    })
  }
  return new MoorageError('START_FAILED', `services.${name}: containerd did not start it.`, {
    ...details,
    hint: `containerd says: ${refusal}`,
  })
}
