import { ownScope, type ScopeParts } from './service-connection.ts'
import { hideFromDebugLog, isSensitiveName } from '../provider-kit/debug-log.ts'
import type { ContainerUnit, ProcessUnit, UnitSpec } from '../contract/provider.ts'
import type { ContainerForm, EnvTemplate, Form, ProcessForm, ServiceSpec } from '../contract/service.ts'
import { resolveText, templatesIn, type TemplateScope } from '../config/template.ts'

/** Fills in everything that a provider has to know to start a service. */
export function unitSpec(
  spec: ServiceSpec,
  form: 'container' | 'process',
  parts: ScopeParts & { readonly root: string },
): UnitSpec {
  const scope = ownScope(parts)
  const chosen: Form = spec[form] as Form
  return {
    name: parts.service,
    ports: parts.ports,
    env: texts(chosen.env ?? {}, scope),
    sensitive: Object.entries(chosen.env ?? {})
      .filter(([, value]) => isSecret(value))
      .map(([name]) => name),
    ...(form === 'container' ? { container: containerUnit(spec.container as ContainerForm, scope) } : {}),
    ...(form === 'process' ? { process: processUnit(spec.process as ProcessForm, scope, parts) } : {}),
  }
}

/** Keeps the secrets of a service's variables out of the debug log. */
export function hideEnvironment({ env, sensitive }: UnitSpec): void {
  const names = Object.keys(env).filter((name) => sensitive.includes(name) || isSensitiveName(name))
  hideFromDebugLog(names.map((name) => env[name] ?? ''))
}

function containerUnit(form: ContainerForm, scope: TemplateScope): ContainerUnit {
  const { env: _env, connection: _connection, ready: _ready, entrypoint, command, files, ...rest } = form
  return {
    ...rest,
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
  parts: ScopeParts & { readonly root: string },
): ProcessUnit {
  const names = [...templatesIn(form)].flatMap((template) => ('$secret' in template ? [template.$secret] : []))
  return {
    ...(form.command ? { command: form.command.map((part) => resolveText(part, scope)) } : {}),
    ...(form.program ? { program: form.program.$file } : {}),
    options: form.options ?? {},
    secrets: parts.secrets.of(parts.service, names),
    cwd: form.cwd ?? parts.root,
  }
}

function texts(env: EnvTemplate, scope: TemplateScope): { [name: string]: string } {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, resolveText(value, scope)]))
}

// A reference may carry another service's password.
function isSecret(value: EnvTemplate[string]): boolean {
  return [...templatesIn(value)].some(
    (template) =>
      '$secret' in template ||
      ('$ref' in template && template.$ref.at(-1) !== 'host' && template.$ref.at(-1) !== 'port'),
  )
}
