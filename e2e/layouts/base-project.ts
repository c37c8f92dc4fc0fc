import { findProgram } from './find-program.ts'
import type { LayoutFiles } from './layout.ts'

// Kinds of services that need no engine: moorage's own server, a script of the package manager, a program, and one with
// a seed, which runs in a process of its own.
const REDIS = findProgram('redis-server') ? "cache: redis({ seed: './seed.ts' })," : ''

/** The config, with the ending that its services' modules have. */
export function configSource(names = './names.js'): string {
  return `import { command, defineConfig, npmServer, plainProcess, redis, staticServer } from 'moorage'
import { PAGE } from '${names}'
export default defineConfig({
  provider: plainProcess(),
  services: {
    web: staticServer({ root: PAGE }),
    api: npmServer({ needs: { web: 'ready' } }),
    tool: command({ command: [process.execPath, 'server.mjs'] }),
    ${REDIS}
  },
})
`
}

const SERVER = `import { createServer } from 'node:http'
createServer((_, response) => response.end('hello')).listen(Number(process.env.PORT), process.env.HOST)
`

const SEED = `import { connect } from 'node:net'
export async function seed({ host, port, password }: { host: string; port: number; password: string }): Promise<void> {
  const socket = connect(port, host)
  socket.write('AUTH ' + password + '\\r\\nSET greeting hello\\r\\nQUIT\\r\\n')
  let answer = ''
  for await (const data of socket) answer += String(data)
  if (answer !== '+OK\\r\\n+OK\\r\\n+OK\\r\\n') throw new Error(answer)
}
`

const CHECK = `for (const name of ['WEB_URL', 'API_URL', 'TOOL_URL']) {
  const text = await (await fetch(process.env[name])).text()
  if (text.trim() !== 'hello') throw new Error(name + ' answers ' + text)
}
console.log('CHECKED')
`

export const TEST = `import { services } from 'moorage/test'
import { expect, test } from 'vitest'
test.each(['web', 'api', 'tool'])('%s answers', async (name) => {
  expect((await (await fetch(services()[name].url)).text()).trim()).toBe('hello')
})
`

export const VITEST_CONFIG = `import { moorage } from 'moorage/vitest'
export default { plugins: [moorage()] }
`

/** The project that each layout varies. */
export const BASE: LayoutFiles = {
  'moorage.config.ts': configSource(),
  'names.js': "export const PAGE = 'site'\n",
  'site/index.html': 'hello\n',
  'server.mjs': SERVER,
  'seed.ts': SEED,
  'check.mjs': CHECK,
  'page.test.ts': TEST,
  'vitest.config.ts': VITEST_CONFIG,
}

/** What install.ts replaces by the packed package. */
export const PACKED = 'PACKED'

export const DEPENDENCIES = { moorage: PACKED, vitest: '^5.1.0' }

/** A package.json of the project, with these fields besides the usual ones. */
export function manifest(fields: object = {}): string {
  const scripts = { start: 'node server.mjs' }
  const usual = { name: 'layout', version: '1.0.0', private: true, type: 'module', scripts }
  return JSON.stringify({ ...usual, devDependencies: DEPENDENCIES, ...fields })
}
