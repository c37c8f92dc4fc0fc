import { templatesIn } from '../config/find-templates.ts'
import type { ContainerUnit, ProcessUnit, UnitSpec } from '../contract/provider.ts'
import type { ContainerForm, EnvTemplate, Form, ProcessForm, ServiceSpec } from '../contract/service.ts'
import { hideFromDebugLog, isSensitiveName } from '../provider-kit/debug-log.ts'
import { resolveText } from './resolve-template.ts'
import type { RunImage } from './run-images.ts'
import { listeningScope, type ScopeInput, type TemplateScope } from './template-scope.ts'

interface UnitSpecInput extends ScopeInput {
  readonly root: string
  /** The image that was built for the service. */
  readonly image?: RunImage
}

/** Resolves every template of a service for the provider that starts it. */
export function createUnitSpec(spec: ServiceSpec, formName: 'container' | 'process', input: UnitSpecInput): UnitSpec {
  const scope = listeningScope(input)
  const { env = {} } = spec[formName] as Form
  return {
    name: input.service,
    ports: input.ports,
    env: resolveEnv(env, scope),
    sensitive: Object.entries(env)
      .filter(([, value]) => mayContainSecret(value))
      .map(([name]) => name),
    ...(formName === 'container' ? { container: containerUnit(spec.container as ContainerForm, scope, input) } : {}),
    ...(formName === 'process' ? { process: processUnit(spec.process as ProcessForm, scope, input) } : {}),
  }
}

/** Keeps the secrets of a service's variables out of the debug log. */
export function hideEnvironment({ env, sensitive }: UnitSpec): void {
  const names = Object.keys(env).filter((name) => sensitive.includes(name) || isSensitiveName(name))
  hideFromDebugLog(names.map((name) => env[name] ?? ''))
}

function containerUnit(
  form: ContainerForm,
  scope: TemplateScope,
  { image: built, external }: UnitSpecInput,
): ContainerUnit {
  const { env: _env, connection: _connection, ready: _ready, prepare: _prepare, composeMember: _, ...settings } = form
  const { image, entrypoint, command, files, ...rest } = settings
  return {
    ...rest,
    ...(external ? { hostPorts: external.ports } : {}),
    image: built?.reference ?? (image as string),
    ...(built && !built.inRegistry ? { pull: 'never' } : {}),
    ...(built?.platform === undefined ? {} : { platform: built.platform }),
    ...(entrypoint ? { entrypoint: entrypoint.map((part) => resolveText(part, scope)) } : {}),
    ...(command ? { command: command.map((part) => resolveText(part, scope)) } : {}),
    ...(files ? { files: containerFiles(files, scope) } : {}),
  }
}

function containerFiles(
  files: NonNullable<ContainerForm['files']>,
  scope: TemplateScope,
): NonNullable<ContainerUnit['files']> {
  const entries = Object.entries(files).map(([path, file]) => [
    path,
    '$file' in file ? { source: file.$file } : { ...file, content: resolveText(file.content, scope) },
  ])
  return Object.fromEntries(entries) as NonNullable<ContainerUnit['files']>
}

function processUnit(
  form: ProcessForm,
  scope: TemplateScope,
  input: ScopeInput & { readonly root: string },
): ProcessUnit {
  const secretNames = [...templatesIn(form)].flatMap((template) => ('$secret' in template ? [template.$secret] : []))
  return {
    ...(form.command ? { command: form.command.map((part) => resolveText(part, scope)) } : {}),
    ...(form.program ? { program: form.program.$file } : {}),
    options: form.options ?? {},
    secrets: input.secrets.getAll(input.service, secretNames),
    cwd: form.cwd ?? input.root,
  }
}

function resolveEnv(env: EnvTemplate, scope: TemplateScope): { [name: string]: string } {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, resolveText(value, scope)]))
}

// A reference can resolve to another service's password.
function mayContainSecret(value: EnvTemplate[string]): boolean {
  return [...templatesIn(value)].some(
    (template) =>
      '$secret' in template ||
      ('$ref' in template && template.$ref.at(-1) !== 'host' && template.$ref.at(-1) !== 'port'),
  )
}
