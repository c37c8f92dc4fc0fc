export type {
  Address,
  AnyConfig,
  AnyService,
  CommonOptions,
  Config,
  ConfigOptions,
  ConnectionsOf,
  EndpointsOf,
  Env,
  Ref,
  Refs,
  Service,
  Text,
} from './contract/config-types.ts'
export type {
  ContainerResources,
  ContainerSettings,
  HealthCheck,
  TmpfsMount,
  VolumeMount,
} from './contract/container-settings.ts'
export type { BuildSecret, BuildSpec } from './contract/build-spec.ts'
export {
  ERROR_CODES,
  escapeWorkflowCommands,
  isMoorageError,
  messageOf,
  MoorageError,
  withDetails,
} from './contract/errors.ts'
export type { ErrorCode, ErrorDetails } from './contract/errors.ts'
export type { Isolation, IsolationContext, Slot } from './contract/isolation.ts'
export { canonical } from './contract/json.ts'
export type { AccessRequest, AccessSubject, CheckContext, CheckResult, DoctorCheck } from './contract/doctor-check.ts'
export type { Json, JsonObject } from './contract/json.ts'
export { fromPlain, toPlain } from './contract/plain-error.ts'
export type { PlainError } from './contract/plain-error.ts'
export type { Program, ProgramContext, ProgramModule } from './contract/program.ts'
export type { EndedService, Progress, ProgressListener } from './contract/progress.ts'
export type {
  ContainerUnit,
  Owner,
  Ports,
  ProbeResult,
  OptionProblem,
  ProcessUnit,
  Provider,
  ProviderRef,
  ReapedObject,
  ReapScope,
  Report,
  Run,
  Session,
  UnitSpec,
} from './contract/provider.ts'
export type { ComposeMember, FoundMembers, WantedMember } from './contract/compose-member.ts'
export type { Endpoint, ExecResult, Exit, LogLine, LogOptions, ShellCommand, Unit } from './contract/running-unit.ts'
export type { Environment } from './contract/provisioned-environment.ts'
export type { Seed } from './contract/seed.ts'
export { ISOLATION_SCOPES } from './contract/service.ts'
export type {
  Bytes,
  Condition,
  Connection,
  ContainerForm,
  EnvTemplate,
  ExchangeProbe,
  FileRef,
  Form,
  HealthProbe,
  HttpProbe,
  HttpProbeTls,
  IsolateSpec,
  IsolationScope,
  LogProbe,
  Phase,
  PlainConnection,
  Probe,
  ProcessForm,
  SeedSpec,
  ServiceSpec,
  Template,
} from './contract/service.ts'
export { callFolder, callSite } from './config/call-site.ts'
export { CONTAINER_SETTINGS } from './config/check-settings.ts'
export { closestWord } from './config/closest-word.ts'
export { COMPOSE_FILES, composeReader, setComposeReader } from './config/compose-reader.ts'
export { createConfig } from './config/create-config.ts'
export type { EnvVariables } from './config/url-variables.ts'
export type { IsolatedService, RunPayload } from './config/test-payload.ts'
export { external, ref, service, serviceOwner } from './config/reference.ts'
export { rejectUnknownOptions } from './config/unknown-options.ts'
export type { OptionNames } from './config/unknown-options.ts'
export { importFile } from './provider-kit/import-file.ts'
export { importProjectModule } from './provider-kit/import-project-module.ts'
export { homeFolder } from './provider-kit/home-folder.ts'
export { isSharedFolder } from './provider-kit/shared-folder.ts'
export { siblingModule } from './provider-kit/sibling-module.ts'
export { currentOwner, isAlive } from './provider-kit/process-identity.ts'
export type { Installation } from './client/open-request.ts'
export type { ProvisionOptions } from './client/provision.ts'
export { cacheFolder } from './protocol/paths.ts'
export type { Registered } from './register-types.ts'
