import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

mkdirSync('dist', { recursive: true })
writeFileSync(
  'dist/index.html',
  readFileSync('site/index.html', 'utf8').replace('%NONCE%', process.env.DEMO_NONCE ?? 'none'),
)
