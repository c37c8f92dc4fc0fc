import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import type { RunFolders } from './supervisor-context.ts'

// Before anything is loaded: what was compiled once on this machine is not compiled again.
enableCompileCache(join((JSON.parse(process.argv[3] ?? '{}') as RunFolders).cache, 'compiled'))
await import('./process-main.ts')
