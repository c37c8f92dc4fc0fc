import { randomBytes } from 'node:crypto'
import { constants, existsSync, statSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  MoorageError,
  type Program,
  type ProgramContext,
  type ProgramModule,
  type UnitSpec,
} from '@moorage/core/provider'
import type { Work } from './start.ts'

/** What to run: the spec's own command, or what its program's module works out. */
export async function commandOf(work: Work, spec: UnitSpec, signal: AbortSignal): Promise<Program> {
  const form = spec.process
  if (!form)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${spec.name} has no way to run as a plain process.`, {
      service: spec.name,
      provider: 'process',
    })
  const program = form.program
    ? await ((await import(pathToFileURL(form.program).href)) as ProgramModule).program(contextOf(work, spec, signal))
    : { command: form.command ?? [] }
  const cwd = program.cwd ?? form.cwd
  if (!existsSync(cwd)) {
    throw new MoorageError('CONFIG_INVALID', `services.${spec.name}.cwd: there is no folder ${cwd}.`, {
      service: spec.name,
      hint: 'Create it, or correct the path.',
    })
  }
  requireProgram(spec.name, program.command[0], cwd)
  return { ...program, cwd }
}

function contextOf(
  { run, report, folders }: Work,
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
      const path = join(temporaryFolder(), `moorage-${run.id}-${name}-${randomBytes(4).toString('hex')}`)
      report.journal({ kind: 'folder', path })
      folders.push(path)
      await mkdir(path, { mode: 0o700 })
      // Passable, not readable: a service may run as another user. mkdir's mode is cut by the umask.
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

/** As root a program may run as another user, who cannot enter a private temporary folder. */
function temporaryFolder(): string {
  if (process.getuid?.() !== 0) return tmpdir()
  for (let at = tmpdir(); at !== dirname(at); at = dirname(at))
    if (!(statSync(at).mode & constants.S_IXOTH)) return '/tmp'
  return tmpdir()
}

function requireProgram(service: string, program: string | undefined, cwd: string): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const places = program?.includes('/')
    ? [isAbsolute(program) ? program : join(cwd, program)]
    : folders.map((folder) => join(folder, program ?? ''))
  if (program && places.some((place) => existsSync(place))) return
  throw new MoorageError(
    'PROGRAM_NOT_FOUND',
    `services.${service}: there is no program '${program ?? ''}' on the PATH.`,
    {
      service,
      provider: 'process',
      phase: 'start',
      hint: 'Install it, or give its absolute path.',
    },
  )
}
