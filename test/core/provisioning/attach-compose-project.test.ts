import { expect, test } from 'vitest'
import type { FoundMembers, Provider, Session, Unit } from '@moorage/core'
import type { PlannedService } from '../../../packages/core/src/config/plan.ts'
import { attachServices } from '../../../packages/core/src/provisioning/attach-compose-project.ts'
import type { StartContext } from '../../../packages/core/src/provisioning/start-context.ts'
import { thrownMessage } from '../../thrown-error.ts'

const unit: Unit = {
  endpoint: () => Promise.reject(new RangeError('not asked here')),
  exited: new Promise(() => {}),
  stop: () => Promise.resolve(),
  async *logs() {},
}

/** A run with `web` and `db` of one project, whose engine finds this. */
function run(found: FoundMembers, running: readonly string[] = []): { context: StartContext; notices: string[] } {
  const member = (service: string): PlannedService =>
    ({
      needs: {},
      spec: {
        preset: 'compose',
        ports: {},
        container: {
          image: 'x',
          connection: {},
          composeMember: { project: 'shop', folder: '/shop', service, number: 1 },
        },
      },
    }) as unknown as PlannedService
  const session = { findMembers: () => Promise.resolve(found) } as unknown as Session
  const placement = { session, provider: { name: 'docker' } as Provider }
  const notices: string[] = []
  const context = {
    plan: { services: { web: member('web'), db: member('db') } },
    placements: new Map(['web', 'db'].map((name) => [name, placement])),
    attached: new Map(running.map((name) => [name, unit])),
    running: new Map(running.map((name) => [name, {}])),
    abort: new AbortController(),
    onProgress: (progress: { readonly text?: string }) => void notices.push(progress.text ?? ''),
  } as unknown as StartContext
  return { context, notices }
}

test('all containers of a project are used, or none, with the reason', async () => {
  const up = run({ units: { web: unit, db: unit } })
  await attachServices(up.context, { starting: new Set(['web', 'db']), seeded: undefined })
  expect([...up.context.attached.keys()]).toEqual(['web', 'db'])
  const half = run({ reason: 'its service web is paused' })
  await attachServices(half.context, { starting: new Set(['web', 'db']), seeded: undefined })
  expect([...half.context.attached.keys()]).toEqual([])
  expect(half.notices).toEqual([
    'The compose project shop is up, but not used: its service web is paused. The run starts its own services.',
  ])
  const down = run({})
  await attachServices(down.context, { starting: new Set(['web', 'db']), seeded: undefined })
  expect(down.notices).toEqual([])
})

test('a run that uses a project does not mix it with services of its own', async () => {
  const { context } = run({ reason: 'its service web has ended with exit code 1' }, ['db'])
  const attaching = (): Promise<void> => attachServices(context, { starting: new Set(['web']), seeded: undefined })
  expect(await thrownMessage(attaching)).toBe(
    'START_FAILED\nThe run uses the compose project shop, and its service web has ended with exit code 1.\nRun: docker compose up -d (in /shop).',
  )
})
