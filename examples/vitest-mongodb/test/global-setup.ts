import { provision } from 'moorage'
import type {} from 'moorage/vitest'
import type { TestProject } from 'vitest/node'
import config from '../moorage.config.ts'

export default async function setup({ provide }: TestProject) {
  const env = await provision(config)
  provide('moorage', env.endpoints)
  return () => env.dispose()
}
