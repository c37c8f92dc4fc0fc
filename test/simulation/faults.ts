import type { Chance } from './schedule.ts'

/** What may go wrong in one world, and how often: shares of all cases. */
export interface Faults {
  /** A request fails: before it took effect, or after it. */
  readonly fails: number
  /** A request takes up to 100 s. */
  readonly slow: number
  /** A request is never answered. */
  readonly hangs: number
  /** A deletion is refused, up to three times. */
  readonly refused: number
  /** A provider does not honour the signal: its start finishes after the abort. */
  readonly deaf: number
  /** A service ends by itself. */
  readonly crashes: number
  readonly killsClients: number
  readonly killsSupervisors: number
  readonly stopsSupervisors: number
  /** SIGTERM. */
  readonly endsSupervisors: number
  readonly aborts: number
  /** What a killed process asked for happens all the same, and what is made carries its owner's name. */
  readonly labelled: boolean
}

/** Every world has a few kinds of trouble, one in ten has none. */
export function someFaults(chance: Chance): Faults {
  const quiet = chance.yes(0.1)
  const some = (share: number): number => (!quiet && chance.yes(0.4) ? share : 0)
  return {
    fails: some(0.15),
    slow: some(0.15),
    hangs: some(0.06),
    refused: some(0.3),
    deaf: some(0.6),
    crashes: some(0.2),
    killsClients: some(0.4),
    killsSupervisors: some(0.6),
    stopsSupervisors: some(0.4),
    endsSupervisors: some(0.3),
    aborts: some(0.4),
    labelled: chance.yes(0.5),
  }
}

export function faultless({ labelled: _, ...shares }: Faults): boolean {
  return Object.values(shares).every((share) => share === 0)
}
