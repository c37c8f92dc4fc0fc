export { ERROR_CODES, isMoorageError, external, MoorageError, ref } from '@moorage/core'
export type {
  Address,
  AnyConfig,
  AnyService,
  BuildSpec,
  Bytes,
  CommonOptions,
  Condition,
  Config,
  EndedService,
  EndpointsOf,
  Env,
  Environment,
  EnvVariables,
  ErrorCode,
  ErrorDetails,
  ExchangeProbe,
  ExecResult,
  IsolationScope,
  LogLine,
  Phase,
  Probe,
  Progress,
  ProgressListener,
  ProviderRef,
  ProvisionOptions,
  Ref,
  Seed,
  Service,
  Template,
  Text,
} from '@moorage/core'
export { build } from '@moorage/build'
export type { BuildOptions } from '@moorage/build'
export { defineConfig } from './define-config.ts'
export type { ConfigOptions } from './define-config.ts'
// Must be a star export: users could not extend a named `Register` by `declare module 'moorage'`.
export type * from '@moorage/core/register-types'
export { docker, kubernetes, nerdctl, plainProcess } from './providers.ts'
export type { DockerOptions, KubernetesOptions, NerdctlOptions } from './providers.ts'
export { browser, command, container, mongodb, npmServer, postgres, redis, staticServer } from '@moorage/services'
export type {
  BrowserOptions,
  CommandOptions,
  ContainerConnection,
  ContainerOptions,
  MongodbConnection,
  MongodbOptions,
  NpmServerOptions,
  PostgresConnection,
  PostgresOptions,
  RedisConnection,
  RedisOptions,
  StaticServerOptions,
} from '@moorage/services'
export { provision } from './provision.ts'
