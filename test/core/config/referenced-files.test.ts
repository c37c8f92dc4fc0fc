import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { configFiles } from '../../../packages/core/src/config/referenced-files.ts'
import type { AnyConfig } from '../../../packages/core/src/contract/config-types.ts'

test('the files that a config names, absolute and once, without installed packages and folders around the project', () => {
  const root = join('/', 'work', 'project')
  const file = ($file: string): object => ({ $file })
  const services = {
    db: { seed: { options: { file: file('./schema.sql') }, module: file(`${root}/node_modules/moorage/sql.js`) } },
    app: {
      container: {
        files: {
          '/etc/app': file(join(root, 'conf')),
          '/etc/rules': { content: ['text'] },
          '/shared': file('../..shared/rules'),
          '/again': file(pathToFileURL(join(root, 'conf')).href),
          '/app': file('.'),
          '/all': file('..'),
        },
      },
    },
  }
  expect(configFiles({ services, root } as unknown as AnyConfig)).toEqual([
    join(root, 'schema.sql'),
    join(root, 'conf'),
    join('/', 'work', '..shared', 'rules'),
  ])
})
