export { TEST_UNIT_PATH, testProvider } from '@moorage/provider-testing'
export type { ContractCommands, ContractUnits, ProviderSubject, UnitForm } from '@moorage/provider-testing'
