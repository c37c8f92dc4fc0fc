import { randomInt } from 'node:crypto'
import type { Report, Run } from '@moorage/core/provider'
import { ignoreNotFound, refusalMessage } from '../errors.ts'
import { labelArguments, runLabels } from '../labels.ts'
import { expectSuccess, type Nerdctl } from './nerdctl.ts'

/** The name of a run's network. */
export function networkName(run: Pick<Run, 'id'>): string {
  return `moorage-${run.id}`
}

/** Creates the network of a run, in which its services find each other by name. */
export async function createNetwork(nerdctl: Nerdctl, run: Run, report: Report): Promise<string> {
  const name = networkName(run)
  report.journal({ kind: 'network', name, engine: nerdctl.name })
  for (let attempt = 1; ; attempt++) {
    // Left to itself, nerdctl gives away the subnet of its own default network, which no container can then start
    // without.
    const subnet = `10.4.${randomInt(1, SUBNETS)}.0/24`
    try {
      await expectSuccess(nerdctl, ['network', 'create', `--subnet=${subnet}`, ...labelArguments(runLabels(run)), name])
      return name
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !/overlaps/.test(refusalMessage(error))) throw error
    }
  }
}

// Source: nerdctl documentation, "CNI": its networks lie in 10.4.0.0/16, the default one in the first /24 of it.
const SUBNETS = 256
const MAX_ATTEMPTS = 50

/** Removes a network. One that is already gone is no error. */
export async function removeNetwork(nerdctl: Nerdctl, name: string): Promise<void> {
  await expectSuccess(nerdctl, ['network', 'rm', name]).catch(ignoreNotFound)
}
