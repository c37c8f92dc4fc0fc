export { callFolder, callSite } from './config/call-site.ts'
export { defineConfig } from './config/config.ts'
export { ref, service } from './config/reference.ts'
export type { Environ, Payload } from './config/variables.ts'
export type { Environment } from './environment.ts'
export { enrich, fromPlain, harmless, isMoorageError, messageOf, MoorageError, toPlain } from './errors.ts'
export type { ErrorCode, ErrorDetails } from './errors.ts'
export { signalOf } from './exit-code.ts'
export { canonical } from './json.ts'
export { SPANS } from './isolation/isolation.ts'
export type { Isolation, IsolationContext, Slot, Span } from './isolation/isolation.ts'
export type { Json, JsonObject } from './json.ts'
export { knock } from './knock.ts'
export { cutLine, LONGEST_LINE } from './log-line.ts'
export { moduleBeside } from './module-beside.ts'
export { parcelsOf } from './parcels.ts'
export type { Parcel } from './parcels.ts'
export type { Program, ProgramContext, ProgramModule } from './program.ts'
export type {
  ContainerUnit, Endpoint, ExecResult, Exit, LogLine, LogOptions, Owner, Ports, Probed, Problem, ProcessUnit, Provider,
  ProviderModule, ProviderRef, Reaped, ReapScope, Report, Run, Session, Unit, UnitSpec,
} from './provider.ts'
export type { ProvisionOptions } from './provision.ts'
export type { Installation } from './request.ts'
export { inCi } from './run/identity.ts'
export { isAlive, selfAsOwner, startOf } from './run/owner.ts'
export type { Ended, Progress, Tell } from './run/progress.ts'
export type { Registered } from './register.ts'
export { HOST_NAME, Relays } from './relay.ts'
export type { Lending } from './relay.ts'
export type { Seed } from './run/seed-runner.ts'
export type {
  Bytes, Condition, Connection, ContainerForm, EnvTemplate, ExchangeProbe, FileRef, Form, IsolateSpec, Phase, PlainConnection, Probe,
  ProcessForm, SeedSpec, ServiceSpec, Template,
} from './service.ts'
export { cacheFolder } from './supervisor/place.ts'
export type {
  Address, AnyConfig, AnyService, CommonOptions, Config, ConfigOptions, Connections, EndpointsOf, Env, Ref, Refs, Service, Text,
} from './types.ts'
