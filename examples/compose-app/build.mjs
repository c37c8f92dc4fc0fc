import { cpSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
await Promise.all([
  build({ entryPoints: ['api/server.mjs'], outfile: 'dist/api/server.cjs', bundle: true, platform: 'node' }),
  build({
    entryPoints: ['web/main.jsx'],
    outdir: 'dist/web/assets',
    bundle: true,
    minify: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
  }),
])
cpSync('web/index.html', 'dist/web/index.html')
