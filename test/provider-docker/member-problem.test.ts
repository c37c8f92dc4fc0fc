import type { WantedMember } from '@moorage/core/provider'
import { expect, test } from 'vitest'
import {
  memberProblem,
  type InspectedMember,
} from '../../packages/provider-docker/src/compose-project/member-problem.ts'

const WANTED: WantedMember = {
  project: 'shop',
  folder: '/shop',
  service: 'db',
  number: 1,
  image: 'postgres:17',
  completes: false,
  ports: { main: 5432, admin: 81 },
  env: { POSTGRES_PASSWORD: 'secret' },
}
const UP: InspectedMember = {
  Id: '1',
  Name: '/shop-db-1',
  State: { Status: 'running', ExitCode: 0 },
  Config: { Image: 'docker.io/library/postgres:17', Env: ['PATH=/bin', 'POSTGRES_PASSWORD=secret'] },
  HostConfig: {},
  NetworkSettings: { Ports: { '5432/tcp': [{ HostIp: '0.0.0.0', HostPort: '5432' }] } },
}

test('a container that runs what the file says', () => {
  expect(memberProblem(UP, WANTED)).toBeUndefined()
  const done = { ...UP, State: { Status: 'exited', ExitCode: 0 }, NetworkSettings: {} }
  expect(memberProblem(done, { ...WANTED, completes: true })).toBeUndefined()
  const tagless = { ...UP, Config: { ...UP.Config, Image: 'postgres' } }
  expect(memberProblem(tagless, { ...WANTED, image: 'postgres:latest' })).toBeUndefined()
})

test('a container that was started with other variables', () => {
  const problem = memberProblem(UP, { ...WANTED, env: { POSTGRES_PASSWORD: 'other' } })
  expect(problem).toBe('was started with another value of POSTGRES_PASSWORD')
})

test.each<[Partial<InspectedMember>, Partial<WantedMember>, string]>([
  [{ State: { Status: 'exited', ExitCode: 3 } }, {}, 'has ended with exit code 3'],
  [{ State: { Status: 'exited', ExitCode: 0 } }, {}, 'has ended with exit code 0'],
  [{ State: { Status: 'paused', ExitCode: 0 } }, {}, "is in the state 'paused'"],
  [{}, { image: 'postgres:18' }, 'runs docker.io/library/postgres:17, and the file names postgres:18'],
  [{}, { image: 'registry.example/postgres:17' }, expect.stringContaining('and the file names') as string],
  [{ NetworkSettings: { Ports: { '5432/tcp': null } } }, {}, 'does not publish the port 5432, which the tests need'],
])('a container that differs: %j, %j', (container, wanted, problem) => {
  expect(memberProblem({ ...UP, ...container }, { ...WANTED, ...wanted })).toEqual(problem)
})
