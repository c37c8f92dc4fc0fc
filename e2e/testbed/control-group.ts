import { existsSync, readFileSync, readdirSync, rmdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { controlGroup } from './paths.ts'

// With version 1 every hierarchy holds every process; freezer is one that runc always joins.
const hierarchy = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/freezer'

/** Makes the group that a program of the bed starts in, and returns the file that admits a process. */
export async function admission(program: string): Promise<string> {
  const folder = join(hierarchy, controlGroup, `program-${program}`)
  await mkdir(folder, { recursive: true })
  return join(folder, 'cgroup.procs')
}

/** Makes a group in every hierarchy, for a program that wants to find it there. */
export async function makeGroup(name: string): Promise<void> {
  for (const root of roots()) await mkdir(join(root, controlGroup, name), { recursive: true })
}

/** Process ids in a group of the bed and below; '' is the whole bed. Those of another pid namespace read as 0. */
export function members(group = ''): number[] {
  return groupsBelow(join(hierarchy, controlGroup, group)).flatMap((folder) => {
    try {
      return readFileSync(join(folder, 'cgroup.procs'), 'utf8')
        .split('\n')
        .map(Number)
        .filter((pid) => pid > 0)
    } catch {
      return []
    }
  })
}

/** Kills what runs in a group until it is empty: what a killed engine leaves running is found here only. */
export async function clear(group = ''): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const pids = members(group)
    if (pids.length === 0) break
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // ended by itself
      }
    }
    await sleep(20)
  }
}

/** Removes the bed's empty groups from every hierarchy. */
export function removeGroups(): void {
  for (const root of roots()) {
    for (const folder of groupsBelow(join(root, controlGroup)).reverse()) {
      try {
        rmdirSync(folder)
      } catch {
        // still in use, or gone
      }
    }
  }
}

function roots(): string[] {
  const mounts = '/sys/fs/cgroup'
  return hierarchy === mounts ? [mounts] : readdirSync(mounts).map((name) => join(mounts, name))
}

function groupsBelow(folder: string): string[] {
  try {
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return [folder, ...below.flatMap((entry) => groupsBelow(join(folder, entry.name)))]
  } catch {
    return []
  }
}
