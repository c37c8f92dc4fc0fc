import { BUILD_KEYS, DEPLOY_KEYS } from './build-deploy-keys.ts'
import type { KeyRow } from './key-row.ts'
import { MOUNT_KEYS } from './mount-keys.ts'
import { SERVICE_KEYS } from './service-keys.ts'
import { TOP_LEVEL_KEYS } from './top-level-keys.ts'

/** What moorage does with every key of the Compose Specification. A test compares it with the JSON schema. */
export const KEY_TABLE: readonly KeyRow[] = [
  ...TOP_LEVEL_KEYS,
  ...SERVICE_KEYS,
  ...BUILD_KEYS,
  ...DEPLOY_KEYS,
  ...MOUNT_KEYS,
]

const ROWS: ReadonlyMap<string, KeyRow> = new Map(KEY_TABLE.map((row) => [row.key, row]))

export function rowOf(key: string): KeyRow | undefined {
  return ROWS.get(key)
}

/** The names of the keys that may stand directly below a path. */
export function keysBelow(path: string): readonly string[] {
  const start = path === '' ? '' : `${path}.`
  return KEY_TABLE.flatMap(({ key }) => {
    const name = key.startsWith(start) ? key.slice(start.length) : ''
    return name === '' || name === '*' || name.includes('.') || name.includes('[') ? [] : [name]
  })
}
