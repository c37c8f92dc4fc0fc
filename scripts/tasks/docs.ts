import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

// Builds the site into docs/.vitepress/dist, or serves the pages while they are edited: npm run docs -- dev
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'out-dir': { type: 'string' } },
})
const [mode = 'build'] = positionals
if (mode !== 'build' && mode !== 'dev') {
  process.stderr.write(`docs: there is no mode '${mode}'. The modes are build and dev.\n`)
  process.exit(2)
}

await run('typedoc/bin/typedoc', ['--options', '.vitepress/typedoc.mjs'])
const outDir = values['out-dir']
await run('vitepress/bin/vitepress.js', [mode, '.', ...(outDir ? ['--outDir', resolve(outDir)] : [])])

async function run(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [resolve('docs/node_modules', program), ...args], {
    cwd: 'docs',
    stdio: 'inherit',
  })
  const code = await new Promise<number | null>((done) => child.once('exit', done))
  if (code !== 0) process.exit(code ?? 1)
}
