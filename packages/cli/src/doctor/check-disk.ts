import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { cacheFolder, type CheckResult } from '@moorage/core'
import { freeSpaceResult } from '@moorage/core/runner'
import type { DoctorContext } from './check.ts'

/** The folders in which a run writes: whether they can be written, and have space. Creates none of them. */
export function checkDisk({ env }: Pick<DoctorContext, 'env'>): readonly CheckResult[] {
  return [
    checkFolder(tmpdir(), 'temporary files', 'Free some space there, or set TMPDIR to another folder.'),
    checkFolder(cacheFolder(env), 'cache, sockets and journals', 'Set MOORAGE_CACHE_DIR to another folder.'),
  ]
}

function checkFolder(folder: string, use: string, fix: string): CheckResult {
  const existing = nearestFolder(folder)
  try {
    accessSync(existing, constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { status: 'problem', text: `${folder} (${use}) cannot be written (${code})`, fix }
  }
  return freeSpaceResult(statfsSync(existing), { folder, use, fix })
}

/** The folder itself, or the nearest one above it that exists. */
function nearestFolder(folder: string): string {
  const parent = dirname(folder)
  return existsSync(folder) || parent === folder ? folder : nearestFolder(parent)
}
