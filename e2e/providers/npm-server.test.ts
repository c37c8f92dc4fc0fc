import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { missing, type ProviderName, providers } from '../harness/engine.ts'
import { moorage, openStage } from '../harness/fixture.ts'
import { config, openProject, scripts } from '../cli/project.ts'

const files = {
  'moorage.config.ts': `${config('web, api').replace('export default', "const web = staticServer({ root: 'site' })\nconst api = npmServer({ placement: 'provider', cwd: 'api', path: '/health', env: { SITE: web.url } })\nexport default")}`,
  'site/index.html': 'hello from the site',
  'api/package.json': scripts({ start: 'tiny-server' }),
  'api/node_modules/tiny/package.json': '{ "name": "tiny", "type": "module" }',
  'api/node_modules/tiny/answer.js':
    "import { readFileSync } from 'node:fs'\nimport { shared } from 'shared'\nexport const answer = async () => JSON.stringify({ shared, note: readFileSync('note.txt', 'utf8'), site: await fetch(process.env.SITE).then((r) => r.text()), port: process.env.PORT, host: process.env.HOST, uid: process.getuid(), cwd: process.cwd() })",
  'api/node_modules/tiny/server.js':
    "#!/usr/bin/env node\nimport { createServer } from 'node:http'\nimport { answer } from './answer.js'\ncreateServer(async (request, response) => response.end(request.url === '/health' ? 'well' : await answer())).listen(Number(process.env.PORT), process.env.HOST)\n",
  'shared/package.json': '{ "name": "shared", "type": "module", "exports": "./index.js" }',
  'shared/index.js': "export const shared = 'from elsewhere'",
  'note.txt': 'a note',
  // More than the API of a cluster should keep.
  'api/large.bin': 'x'.repeat(3_000_000),
}

const seen: { readonly [P in ProviderName]: object } = {
  process: { host: '127.0.0.1', cwd: expect.stringMatching(/\/api$/) },
  docker: { host: '0.0.0.0', port: '3000', uid: 1000, cwd: '/srv/app' },
  kubernetes: { host: '0.0.0.0', port: '3000', uid: 1000, cwd: '/srv/app' },
}

test.for(providers())(
  'placed where the provider is, an npm server runs with its packages and reaches its siblings: %s',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject(files)
    const link = join(project.folder, 'api/node_modules/.bin/tiny-server')
    mkdirSync(dirname(link))
    chmodSync(join(project.folder, 'api/node_modules/tiny/server.js'), 0o755)
    symlinkSync('../tiny/server.js', link)
    // As a workspace has it: the package itself is elsewhere.
    symlinkSync('../../shared', join(project.folder, 'api/node_modules/shared'))
    symlinkSync('../note.txt', join(project.folder, 'api/note.txt'))
    await using stage = await openStage(project.folder, provider)
    const child = await stage.start(
      moorage(
        project.folder,
        'exec',
        '--',
        process.execPath,
        '-e',
        "fetch(process.env.API_URL).then((r) => r.text()).then((t) => console.log('HEARD ' + t))",
      ),
    )
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(JSON.parse(/^HEARD (.*)$/m.exec(child.output())?.[1] ?? '')).toMatchObject({
      site: 'hello from the site',
      shared: 'from elsewhere',
      note: 'a note',
      ...seen[provider],
    })
    await stage.clean(5_000)
  },
)
