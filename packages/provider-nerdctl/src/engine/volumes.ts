import type { ContainerUnit, Report, Run } from '@moorage/core/provider'
import { ignoreNotFound } from '../errors.ts'
import { labelArguments, RUN_LABEL, runLabels } from '../labels.ts'
import { expectSuccess, type Nerdctl } from './nerdctl.ts'

/** The named volumes of a run. Services that name one volume share it. */
export class RunVolumes {
  readonly #nerdctl: Nerdctl
  readonly #run: Run
  readonly #report: Report
  readonly #created = new Map<string, Promise<string>>()

  constructor(nerdctl: Nerdctl, { run, report }: { readonly run: Run; readonly report: Report }) {
    this.#nerdctl = nerdctl
    this.#run = run
    this.#report = report
  }

  /** Creates the volumes that a container names, and returns their names in containerd by their names in the config. */
  async create({ volumes = {} }: ContainerUnit): Promise<ReadonlyMap<string, string>> {
    const names = [...new Set(Object.values(volumes).map(({ volume }) => volume))]
    const created = await Promise.all(
      names.map(async (volume) => {
        const creation = this.#created.get(volume) ?? this.#createOne(volume)
        this.#created.set(volume, creation)
        return [volume, await creation] as const
      }),
    )
    return new Map(created)
  }

  async #createOne(volume: string): Promise<string> {
    const name = `moorage-${this.#run.id}-${volume}`
    this.#report.journal({ kind: 'volume', name, engine: this.#nerdctl.name })
    await expectSuccess(this.#nerdctl, ['volume', 'create', ...labelArguments(runLabels(this.#run)), name])
    return name
  }
}

/** Removes a volume. One that is already gone is no error. */
export async function removeVolume(nerdctl: Nerdctl, name: string): Promise<void> {
  await expectSuccess(nerdctl, ['volume', 'rm', name]).catch(ignoreNotFound)
}

export async function removeRunVolumes(nerdctl: Nerdctl, runId: string): Promise<void> {
  const args = ['volume', 'ls', '--quiet', '--filter', `label=${RUN_LABEL}=${runId}`]
  const names = (await expectSuccess(nerdctl, args)).split('\n').filter(Boolean)
  for (const name of names) await removeVolume(nerdctl, name)
}
