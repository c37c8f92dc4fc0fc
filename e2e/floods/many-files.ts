import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Fills a folder with 100,000 small files and one of 200 MiB. */
export function manyFiles(folder: string): void {
  for (let n = 0; n < 100; n++) {
    mkdirSync(join(folder, String(n)), { recursive: true })
    for (let m = 0; m < 1_000; m++) writeFileSync(join(folder, String(n), String(m)), 'small')
  }
  spawnSync('dd', ['if=/dev/urandom', `of=${join(folder, 'large')}`, 'bs=1M', 'count=200'])
}
