import { MoorageError } from '@moorage/core/provider'

export function portInUse(service: string, port: number, reason: string): MoorageError {
  return new MoorageError('PORT_IN_USE', `services.${service}.port: port ${port} is in use: ${reason}.`, {
    service,
    phase: 'admit',
    hint: 'Stop that program, set another port, or omit the port to get a free one.',
  })
}

export function noProcessForm(service: string): MoorageError {
  return new MoorageError('OPTION_UNSUPPORTED', `services.${service} cannot run as a plain process.`, {
    service,
    provider: 'process',
  })
}

export function folderNotFound(service: string, cwd: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', `services.${service}.cwd: there is no folder ${cwd}.`, {
    service,
    hint: 'Create it, or correct the path.',
  })
}

export function programNotFound(service: string, program: string): MoorageError {
  return new MoorageError('PROGRAM_NOT_FOUND', `services.${service}: there is no program '${program}' on the PATH.`, {
    service,
    provider: 'process',
    phase: 'start',
    hint: 'Install it, or give its absolute path.',
  })
}

export function folderNotRemoved(path: string, uid: number, cause: unknown): MoorageError {
  return new MoorageError(
    'START_FAILED',
    `The folder ${path} belongs to uid ${uid}, and a process of that user could not remove it.`,
    {
      hint: `Check what it contains, then run: rm -r ${path}`,
      cause,
    },
  )
}
