import { defineConfig } from 'vitest/config'
import { projects, workers } from './vitest.workspace.ts'

export default defineConfig({
  test: { projects, passWithNoTests: true, ...(workers === undefined ? {} : { maxWorkers: workers }) },
})
