import { expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { container, defineConfig, external, ref } from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

const plan = (port?: string): ReturnType<typeof createPlan> => {
  const env = { ADDRESS: ref`${external(port).host}:${external(port).port}` }
  const broker = container({ image: 'kafka', ports: { main: 9092 }, env })
  return createPlan(defineConfig({ root: import.meta.dirname, services: { broker } }), {})
}

test('external() is a field of the own address', () => {
  expect(plan().services['broker']?.spec.container?.env).toEqual({
    ADDRESS: { $join: [{ $self: ['external', 'host'] }, ':', { $self: ['external', 'port'] }] },
  })
})

test('external() of a port that the service does not have is an error before anything starts', async () => {
  expect(await thrownMessage(async () => plan('controler'))).toBe(
    "CONFIG_INVALID\nservices.broker uses external('controler'), but it has no such port.\nIts ports are main.",
  )
})
