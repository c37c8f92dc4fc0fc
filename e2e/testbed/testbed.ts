import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { clear, removeGroups } from './control-group.ts'
import { dockerPart } from './docker-part.ts'
import { browserPackages } from './image-table.ts'
import { kubernetesPart } from './kubernetes-part.ts'
import { podmanPart } from './podman-part.ts'
import { stockEnginePart } from './stock-engine-part.ts'
import { checkDisk, checkMachine, installDebianPackages } from './machine.ts'
import { remember, restore } from './machine-state.ts'
import type { Part } from './part.ts'
import { cache, runtime } from './paths.ts'
import { expectSteps, say, step } from './progress.ts'
import { running, start, stop, untilReady } from './programs.ts'
import type { Program } from './programs.ts'
import { clearScratch } from './scratch.ts'

/** In start order; they stop in reverse order. */
const parts: Part[] = [dockerPart, podmanPart, stockEnginePart, kubernetesPart]

/** For tests of plain processes: servers and a browser of this machine's own, with fonts to draw. */
const localPrograms = ['redis-server', ...browserPackages]

/** For examples/pytest. */
const pythonPackages = ['python3-pytest', 'python3-psycopg', 'python3-pymongo']

export const partNames: readonly string[] = parts.map(({ name }) => name)

/**
 * Brings parts up, all or those up to the named one: tests on Docker can run while the Kubernetes part is being built.
 */
export async function up(last = parts.at(-1)?.name): Promise<void> {
  const chosen = parts.slice(0, 1 + parts.findIndex(({ name }) => name === last))
  for (const part of chosen) {
    const { cold, warm } = part.disk
    await checkDisk(cache, (await part.cached()) ? warm : cold)
  }
  await clearScratch()
  const starting = chosen.filter((part) => !part.programs().every((program) => running(program.name)))
  expectSteps(starting.reduce((sum, part) => sum + part.steps(), starting.length ? 1 : 0))
  await installDebianPackages([...chosen.flatMap((part) => part.debianPackages), ...localPrograms, ...pythonPackages])
  await mkdir(runtime, { recursive: true })
  await remember()
  for (const part of chosen) await raise(part)
}

/** A part whose programs all answer is left alone; else its remains are removed and it starts from nothing. */
async function raise(part: Part): Promise<void> {
  const programs = part.programs()
  const fresh = !(await answering(programs))
  if (fresh) {
    if (programs.some((program) => running(program.name))) say(`the ${part.name} part is half dead: restarting it`)
    await lower(part)
  }
  await part.prepare(fresh)
  if (fresh) for (const program of programs) await step(`starting ${program.name}`, () => start(program))
  await part.complete(fresh)
}

/** Patient: a busy engine is not a hanging one, and to restart it ends every container. */
async function answering(programs: Program[]): Promise<boolean> {
  if (!programs.every((program) => running(program.name))) return false
  const checks = programs.map((program) => untilReady({ ...program, patience: 20 }))
  return (await Promise.allSettled(checks)).every(({ status }) => status === 'fulfilled')
}

async function lower(part: Part): Promise<void> {
  const programs = part.programs().reverse()
  // In a half-dead part a program waits in vain for those that are gone, so it is not asked to end by itself.
  if (programs.every((program) => running(program.name))) for (const program of programs) await stop(program)
  for (const program of programs) await clear(`program-${program.name}`)
  await part.sweep()
}

export async function down(): Promise<void> {
  for (const part of [...parts].reverse()) {
    if (part.programs().every((program) => running(program.name))) {
      await step(`emptying the ${part.name} part`, part.empty).catch((error: Error) => say(error.message))
    }
    await step(`stopping the ${part.name} part`, () => lower(part))
  }
  await clear()
  removeGroups()
  if (!existsSync(runtime)) return
  restore()
  await rm(runtime, { recursive: true, force: true })
}

/** Prints what runs; true when all does. */
export async function status(): Promise<boolean> {
  const rows = parts.flatMap((part) => part.programs()).map(({ name }) => ({ name, pid: running(name) }))
  for (const { name, pid } of rows) console.log(name.padEnd(12), pid === undefined ? 'down' : `up, process ${pid}`)
  const all = rows.every(({ pid }) => pid !== undefined)
  if (all) for (const part of parts) for (const line of await part.describe()) console.log(line)
  console.log(`cache        ${cache}\nstate        ${runtime}`)
  return all
}

export function env(): Record<string, string> {
  return Object.assign({}, ...parts.map((part) => part.env())) as Record<string, string>
}

export { checkMachine }
