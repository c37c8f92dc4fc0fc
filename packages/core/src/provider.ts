/** The contract between moorage and a provider, and the kit that providers share. Published as `moorage/provider`. */
export { isMoorageError, messageOf, MoorageError, type ErrorCode, type ErrorDetails } from './contract/errors.ts'
export type { BuildSpec, ImageStore, ImageStores } from './contract/build-spec.ts'
export type { AccessRequest, AccessSubject, CheckContext, CheckResult, DoctorCheck } from './contract/doctor-check.ts'
export type { Json, JsonObject } from './contract/json.ts'
export { rejectUnknownOptions, type OptionNames } from './config/unknown-options.ts'
export type { Program, ProgramContext, ProgramModule } from './contract/program.ts'
export type {
  ContainerResources,
  ContainerSettings,
  HealthCheck,
  TmpfsMount,
  VolumeMount,
} from './contract/container-settings.ts'
export type {
  ContainerUnit,
  OptionProblem,
  Owner,
  Ports,
  ProbeResult,
  ProcessUnit,
  Provider,
  ProviderModule,
  ProviderRef,
  ReapedObject,
  ReapScope,
  Rendering,
  Report,
  Run,
  Session,
  UnitSpec,
} from './contract/provider.ts'
export type { ComposeMember, FoundMembers, WantedMember } from './contract/compose-member.ts'
export { SHELL_IN_CONTAINER } from './provider-kit/shell-in-container.ts'
export type { Endpoint, ExecResult, Exit, LogLine, LogOptions, ShellCommand, Unit } from './contract/running-unit.ts'
export type { ContainerForm, Phase, ProcessForm, ServiceSpec } from './contract/service.ts'
export { inCi } from './client/in-ci.ts'
export { abortable, monotonicClock, sleep, withTimeout, type Clock, type TimeoutOptions } from './provider-kit/clock.ts'
export { debugLog, elapsedMs, type DebugArea, type DebugFields, type DebugLog } from './provider-kit/debug-log.ts'
export { readFileTrees, type FileTree, type FileTreeEntry } from './provider-kit/container-files.ts'
export { ExecOutput, MAX_EXEC_OUTPUT_BYTES } from './provider-kit/exec-output.ts'
export { exitSignal } from './provider-kit/exit-signal.ts'
export {
  HOST_ACCESS_NAME,
  HostPortProxies,
  openHostPortProxy,
  type HostPortProxy,
  type HostPortProxyOptions,
  type ProxyBinding,
} from './provider-kit/host-port-proxy.ts'
export { freeSpaceResult, type FileSystemSpace, type SpaceUse } from './provider-kit/free-space.ts'
export { homeFolder } from './provider-kit/home-folder.ts'
export { imageHealthCheck, type ImageConfig } from './provider-kit/image-health-check.ts'
export { siblingModule } from './provider-kit/sibling-module.ts'
export { endProcess, type OwnedProcess } from './provider-kit/owned-process/end-process.ts'
export {
  createProcessMark,
  findMarkedProcesses,
  killMarkedProcesses,
  MARK_VARIABLE,
  signalMarkedProcesses,
  waitForMarkedProcesses,
  type ProcessMark,
} from './provider-kit/owned-process/process-mark.ts'
export { listPids, readProcFile } from './provider-kit/owned-process/process-table.ts'
export { processEntry, spawnOwned, type OwnedSpawn } from './provider-kit/owned-process/spawn-owned.ts'
export { packEntries, type PackEntry, type TarPack } from './provider-kit/pack-tar.ts'
export { containerPortProblem, portAnswers } from './provider-kit/port-check.ts'
export { currentOwner, isAlive, isStranger, parseOwner, processStart } from './provider-kit/process-identity.ts'
export { serviceHostName } from './provider-kit/service-host-name.ts'
export { refusedSettings, type SettingRefusal, type SettingSupport } from './provider-kit/setting-support.ts'
export { LineSplitter, MAX_LINE_CHARACTERS } from './provider-kit/line-splitter.ts'
export { tmpfsMounts } from './provider-kit/tmpfs-mounts.ts'
export { dockerConfigFolder, readConfigFile } from './provider-kit/docker-config.ts'
export {
  findCredentials,
  type CredentialSearch,
  type RegistryCredentials,
} from './provider-kit/registry-credentials.ts'
export { mirroredName, registryOf } from './provider-kit/image-name.ts'
