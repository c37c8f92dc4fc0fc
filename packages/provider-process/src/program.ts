import { randomBytes } from 'node:crypto'
import { constants, existsSync, statSync } from 'node:fs'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  MoorageError,
  type Program,
  type ProgramContext,
  type ProgramModule,
  type Report,
  type Run,
  type UnitSpec,
} from '@moorage/core/provider'

/** What programs may use while they work out their command. */
export interface ProgramResources {
  readonly run: Run
  readonly report: Report
  /** Paths of the run's temporary folders; closing the session removes them. */
  readonly temporaryFolders: string[]
}

/**
 * The command to run: the service's own, or the one that its program's module works out. Throws `MoorageError`
 * (OPTION_UNSUPPORTED, CONFIG_INVALID, PROGRAM_NOT_FOUND).
 */
export async function resolveProgram(
  resources: ProgramResources,
  spec: UnitSpec,
  signal: AbortSignal,
): Promise<Program> {
  const form = spec.process
  if (!form)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${spec.name} cannot run as a plain process.`, {
      service: spec.name,
      provider: 'process',
    })
  const program = form.program
    ? await loadProgram(form.program, createProgramContext(resources, spec, signal))
    : { command: form.command ?? [] }
  const cwd = program.cwd ?? form.cwd
  if (!existsSync(cwd)) {
    throw new MoorageError('CONFIG_INVALID', `services.${spec.name}.cwd: there is no folder ${cwd}.`, {
      service: spec.name,
      hint: 'Create it, or correct the path.',
    })
  }
  requireExecutable(spec.name, program.command[0], cwd)
  return { ...program, cwd }
}

async function loadProgram(path: string, context: ProgramContext): Promise<Program> {
  const module = (await import(pathToFileURL(path).href)) as ProgramModule
  return await module.program(context)
}

function createProgramContext(
  { run, report, temporaryFolders }: ProgramResources,
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
      const path = join(temporaryRoot(), `moorage-${run.id}-${name}-${randomBytes(4).toString('hex')}`)
      report.journal({ kind: 'folder', path })
      temporaryFolders.push(path)
      await mkdir(path, { mode: 0o700 })
      // Another user, as whom a service may run, can pass through and not list. The umask limits the mode of mkdir.
      await chmod(path, 0o711)
      return path
    },
    async cache(kind) {
      const path = join(run.cache, 'process', kind)
      await mkdir(path, { recursive: true })
      return path
    },
  }
}

/** The system's temporary folder; /tmp where root starts programs as another user, who cannot enter a private one. */
function temporaryRoot(): string {
  if (process.getuid?.() !== 0) return tmpdir()
  for (let folder = tmpdir(); folder !== dirname(folder); folder = dirname(folder))
    if (!(statSync(folder).mode & constants.S_IXOTH)) return '/tmp'
  return tmpdir()
}

function requireExecutable(service: string, executable: string | undefined, cwd: string): void {
  const pathFolders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = executable?.includes('/')
    ? [isAbsolute(executable) ? executable : join(cwd, executable)]
    : pathFolders.map((folder) => join(folder, executable ?? ''))
  if (executable && candidates.some((path) => existsSync(path))) return
  throw new MoorageError(
    'PROGRAM_NOT_FOUND',
    `services.${service}: there is no program '${executable ?? ''}' on the PATH.`,
    {
      service,
      provider: 'process',
      phase: 'start',
      hint: 'Install it, or give its absolute path.',
    },
  )
}

export async function removeFolders(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })))
}
