import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Program,
  type ProgramContext,
  type ProgramModule,
  type Report,
  type Run,
  type UnitSpec,
} from '@moorage/core/provider'
import { folderNotFound, noProcessForm, programNotFound } from '../errors.ts'
import { createFolder } from './service-folders.ts'

// A program that is ready sooner needs no line.
const PROGRESS_INTERVAL_MS = 5_000

/** What programs may use while they work out their command. */
export interface ProgramResources {
  readonly run: Run
  readonly report: Report
  /** Paths of the service's temporary folders, which go with it. */
  readonly folders: string[]
}

/**
 * Works out the command of a service. A program's module may download it, which is the counterpart of pulling an image:
 * it has the deadline of that phase, and every 5 s a line shows that it goes on. Throws what `resolveProgram` throws.
 */
export async function prepareProgram(
  resources: ProgramResources,
  spec: UnitSpec,
  signal: AbortSignal,
): Promise<Program> {
  const { report } = resources
  if (!spec.process?.program) return await resolveProgram(resources, spec, signal)
  report.phase(spec.name, 'pull')
  const since = performance.now()
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - since) / 1_000)
    report.phase(spec.name, 'pull', `its program (${seconds} s so far)`)
  }, PROGRESS_INTERVAL_MS)
  try {
    return await resolveProgram(resources, spec, signal)
  } finally {
    clearInterval(timer)
  }
}

/**
 * The command to run: the service's own, or the one that its program's module works out. Throws `MoorageError`
 * (OPTION_UNSUPPORTED, CONFIG_INVALID, PROGRAM_NOT_FOUND).
 */
async function resolveProgram(resources: ProgramResources, spec: UnitSpec, signal: AbortSignal): Promise<Program> {
  const form = spec.process
  if (!form) throw noProcessForm(spec.name)
  const program = form.program
    ? await loadProgram(form.program, createProgramContext(resources, spec, signal))
    : { command: form.command ?? [] }
  const cwd = program.cwd ?? form.cwd
  if (!existsSync(cwd)) throw folderNotFound(spec.name, cwd)
  requireExecutable(spec.name, program.command[0], cwd)
  return { ...program, cwd }
}

async function loadProgram(path: string, context: ProgramContext): Promise<Program> {
  const module = (await import(pathToFileURL(path).href)) as ProgramModule
  return await module.program(context)
}

function createProgramContext(
  { run, report, folders }: ProgramResources,
  { name, ports, process: form }: UnitSpec,
  signal: AbortSignal,
): ProgramContext {
  return {
    service: name,
    ports,
    options: form?.options ?? {},
    secrets: form?.secrets ?? {},
    root: run.root,
    signal,
    notice: (text) => report.notice(text),
    async dir() {
      const path = await createFolder(run.id, name, report)
      folders.push(path)
      return path
    },
    async cache(kind) {
      const path = join(run.cache, 'process', kind)
      await mkdir(path, { recursive: true, mode: 0o700 })
      return path
    },
  }
}

function requireExecutable(service: string, executable: string | undefined, cwd: string): void {
  const pathFolders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = executable?.includes('/')
    ? [isAbsolute(executable) ? executable : join(cwd, executable)]
    : pathFolders.map((folder) => join(folder, executable ?? ''))
  if (executable && candidates.some((path) => existsSync(path))) return
  throw programNotFound(service, executable ?? '')
}
