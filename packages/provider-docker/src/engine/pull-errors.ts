import { MoorageError, type ErrorCode } from '@moorage/core/provider'
import { refusalMessage } from '../errors.ts'

interface Cause {
  readonly pattern: RegExp
  readonly code: ErrorCode
  /** Continues `services.db.image: `. */
  message(image: string): string
  readonly hint: string
}

// The texts of Docker's engine and of Podman's. The first match counts.
const CAUSES: readonly Cause[] = [
  {
    pattern: /toomanyrequests|rate limit/i,
    code: 'START_FAILED',
    message: (image) => `the registry refuses ${image} for now: its pull limit has been reached.`,
    hint: 'Log in with `docker login`, or pull through a mirror: TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX.',
  },
  {
    pattern:
      /no matching manifest|no image found in (manifest list|image index)|does not match the specified platform/i,
    code: 'IMAGE_NOT_FOUND',
    message: (image) => `${image} exists, but not for the platform of the engine.`,
    hint: 'Choose a tag that is built for that platform, or an engine on a machine of another architecture.',
  },
  {
    pattern: /no space left on device|disk quota exceeded/i,
    code: 'START_FAILED',
    message: (image) => `${image} could not be pulled: the disk of the engine is full.`,
    hint: 'Remove unused data with `docker system prune`.',
  },
  {
    pattern: /not found|manifest unknown|name unknown|does not exist|denied|unauthorized|invalid reference/i,
    code: 'IMAGE_NOT_FOUND',
    message: (image) => `there is no image ${image} that the engine can pull.`,
    hint: 'Correct the name or the tag; a private image needs `docker login` first.',
  },
]

/** Whether the same pull may succeed later: the cause is none that only the user can remove. */
export function isTransient(error: unknown): boolean {
  const refusal = refusalMessage(error)
  return !CAUSES.some(({ pattern }) => pattern.test(refusal))
}

/** `problem`: why the pull had no credentials. */
export function toPullError(
  error: unknown,
  { service, name, problem }: { readonly service: string; readonly name: string; readonly problem?: string },
): MoorageError {
  const refusal = refusalMessage(error)
  const cause = CAUSES.find(({ pattern }) => pattern.test(refusal))
  const { code, message, hint } = cause ?? {
    code: 'START_FAILED' as const,
    message: () => `${name} could not be pulled.`,
    hint: 'Check that the engine can reach the registry.',
  }
  return new MoorageError(code, `services.${service}.image: ${message(name)}`, {
    service,
    provider: 'docker',
    phase: 'pull',
    hint: [`The engine says: ${refusal}`, problem, hint].filter(Boolean).join('\n'),
    cause: error,
  })
}
