export { callFolder, callSite } from './config/call-site.ts'
export { defineConfig } from './config/define-config.ts'
export { ref, service } from './config/reference.ts'
export type { Environ, Payload } from './config/env-variables.ts'
export type { Environment } from './contract/provisioned-environment.ts'
export { enrich, fromPlain, harmless, isMoorageError, messageOf, MoorageError, toPlain } from './contract/errors.ts'
export type { ErrorCode, ErrorDetails } from './contract/errors.ts'
export { signalOf } from './provider-kit/exit-signal.ts'
export { canonical } from './contract/json.ts'
export { SPANS } from './contract/isolation.ts'
export type { Isolation, IsolationContext, Slot, Span } from './contract/isolation.ts'
export type { Json, JsonObject } from './contract/json.ts'
export { knock } from './provider-kit/port-check.ts'
export { cutLine, LONGEST_LINE } from './provider-kit/split-lines.ts'
export { moduleBeside } from './provider-kit/module-path.ts'
export { parcelsOf } from './provider-kit/container-files.ts'
export type { Parcel } from './provider-kit/container-files.ts'
export type { Program, ProgramContext, ProgramModule } from './contract/program.ts'
export type {
  ContainerUnit, Endpoint, ExecResult, Exit, LogLine, LogOptions, Owner, Ports, Probed, Problem, ProcessUnit, Provider,
  ProviderModule, ProviderRef, Reaped, ReapScope, Report, Run, Session, Unit, UnitSpec,
} from './contract/provider.ts'
export type { ProvisionOptions } from './client/provision.ts'
export type { Installation } from './client/open-request.ts'
export { inCi } from './client/run-id.ts'
export { isAlive, selfAsOwner, startOf } from './provider-kit/process-identity.ts'
export type { Ended, Progress, Tell } from './contract/progress.ts'
export type { Registered } from './registered-config.ts'
export { HOST_NAME, Relays } from './provider-kit/host-port-proxy.ts'
export type { Lending } from './provider-kit/host-port-proxy.ts'
export type { Seed } from './provisioning/seed-main.ts'
export type {
  Bytes, Condition, Connection, ContainerForm, EnvTemplate, ExchangeProbe, FileRef, Form, IsolateSpec, Phase, PlainConnection, Probe,
  ProcessForm, SeedSpec, ServiceSpec, Template,
} from './contract/service.ts'
export { cacheFolder } from './protocol/paths.ts'
export type {
  Address, AnyConfig, AnyService, CommonOptions, Config, ConfigOptions, Connections, EndpointsOf, Env, Ref, Refs, Service, Text,
} from './contract/config-types.ts'
