export { enrich, fromPlain, isMoorageError, MoorageError, messageOf, toPlain } from './errors.ts'
export type { ErrorCode, ErrorDetails } from './errors.ts'
export { canonical } from './json.ts'
export type { Json, JsonObject } from './json.ts'
export type { Program, ProgramContext, ProgramModule } from './program.ts'
export type {
  ContainerUnit, Endpoint, ExecResult, Exit, LogLine, LogOptions, Owner, Ports, Probed, Problem, ProcessUnit, Provider,
  ProviderRef, Reaped, ReapScope, Report, Run, Session, Unit, UnitSpec,
} from './provider.ts'
export type {
  Bytes, Condition, Connection, ContainerForm, EnvTemplate, ExchangeProbe, FileRef, Form, Phase, Probe, ProcessForm,
  SeedSpec, ServiceSpec, Template,
} from './service.ts'
export { callFolder, callSite } from './config/call-site.ts'
export { defineConfig } from './config/config.ts'
export { moduleBeside } from './module-beside.ts'
export { ref, service } from './config/reference.ts'
export type {
  Address, AnyConfig, AnyService, CommonOptions, Config, ConfigOptions, Connections, EndpointsOf, Env, Ref, Refs, Register,
  Registered, Service, Text,
} from './types.ts'
