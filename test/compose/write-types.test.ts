import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { readServices, compose } from '../../packages/compose/src/compose.ts'
import { servicesDeclaration, writeChanged } from '../../packages/compose/src/write-types.ts'
import { projectFolder } from './project-files.ts'

afterEach(() => void vi.unstubAllEnvs())

const FILE = `services:
  db: { image: postgres, environment: { POSTGRES_PASSWORD: pw } }
  db_web: { image: nginx, ports: ["80", { name: admin, target: 81 }] }
  worker: { image: own/worker }
`

test('the written declarations are those that the type test uses', () => {
  const folder = projectFolder({ 'compose.yaml': FILE })
  const { services } = readServices([join(folder, 'compose.yaml')])
  // Prettier quotes; the meaning is the same.
  const text = (declaration: string): string => declaration.replaceAll(/["']/g, '')
  expect(text(servicesDeclaration('compose.yaml', services))).toBe(
    text(readFileSync('test/types/compose-services.d.ts', 'utf8')),
  )
})

test('a file is written once, and not in CI', () => {
  const folder = projectFolder({ 'compose.yaml': FILE })
  const types = join(folder, 'types/services.d.ts')
  const read = (): void => void compose(join(folder, 'compose.yaml'), { types })
  vi.stubEnv('CI', 'true')
  read()
  expect(existsSync(types)).toBe(false)
  vi.stubEnv('CI', '')
  read()
  const { mtimeMs, ino } = statSync(types)
  read()
  expect(statSync(types)).toMatchObject({ mtimeMs, ino })
  writeChanged(types, 'changed')
  expect(readFileSync(types, 'utf8')).toBe('changed')
})
