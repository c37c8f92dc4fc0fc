import { basename, dirname } from 'node:path'
import { compose } from '@moorage/compose'
import { COMPOSE_FILES, type AnyConfig } from '@moorage/core'
import { defineConfig } from './define-config.ts'

/**
 * The config that stands for a compose file. A file with one of the usual names stands for its folder, with the
 * override and COMPOSE_FILE. See `ComposeReader` in core.
 */
export function readConfig(file: string): AnyConfig {
  const root = dirname(file)
  return defineConfig({ services: compose(COMPOSE_FILES.includes(basename(file)) ? root : file), root })
}
