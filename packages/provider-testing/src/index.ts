export { ECHO_PROGRAM } from './echo-program.ts'
export type { ContractCommands, ContractUnits, ProviderSubject, UnitForm } from './provider-subject.ts'
export { testProvider } from './test-provider.ts'
