import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import type { RunFolders } from '../protocol/paths.ts'

// Comes before all other modules, so that each is compiled once on this machine.
enableCompileCache(join((JSON.parse(process.argv[3] ?? '{}') as RunFolders).cache, 'compiled'))
await import('./supervisor-main.ts')
