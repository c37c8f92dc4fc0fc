export { TEST_UNIT_PATH } from './test-unit-path.ts'
export type { ContractCommands, ContractUnits, ProviderSubject, UnitForm } from './provider-subject.ts'
export { testProvider } from './test-provider.ts'
