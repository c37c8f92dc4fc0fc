import { browserMutants } from './browser-mutants.ts'
import { buildMutants } from './build-mutants.ts'
import { composeMutants } from './compose-mutants.ts'
import { configMutants } from './config-mutants.ts'
import { chaosMutants } from './chaos-mutants.ts'
import { dockerMutants } from './docker-mutants.ts'
import { doctorMutants } from './doctor-mutants.ts'
import { initMutants } from './init-mutants.ts'
import { kubernetesMutants } from './kubernetes-mutants.ts'
import { limitMutants } from './limit-mutants.ts'
import { mutants, type Mutant } from './mutants.ts'
import { otherUserMutants } from './other-user-mutants.ts'
import { runnerMutants } from './runner-mutants.ts'
import { reuseMutants } from './reuse-mutants.ts'
import { seedMutants } from './seed-mutants.ts'
import { serverMutants } from './server-mutants.ts'
import { settingMutants } from './setting-mutants.ts'

export const allMutants: readonly Mutant[] = [
  ...mutants,
  ...kubernetesMutants,
  ...chaosMutants,
  ...runnerMutants,
  ...reuseMutants,
  ...configMutants,
  ...serverMutants,
  ...browserMutants,
  ...dockerMutants,
  ...seedMutants,
  ...limitMutants,
  ...settingMutants,
  ...initMutants,
  ...buildMutants,
  ...otherUserMutants,
  ...composeMutants,
  ...doctorMutants,
]
