import type { Mutant, TestRef } from './mutants.ts'

const relay = (name: string): TestRef => ({
  project: 'unit',
  file: 'test/core/provider-kit/host-port-proxy.test.ts',
  name,
})
const site = (provider: string, row: string): TestRef => ({
  project: 'e2e',
  file: 'e2e/providers/static-server.test.ts',
  name: `a static site on ${provider} > ${row}`,
})

export const serverMutants: readonly Mutant[] = [
  {
    name: 'host relay on every address',
    guarantee: 'what is lent to containers is exposed to no other peer',
    file: 'packages/core/src/provider-kit/host-port-proxy.ts',
    find: 'listen({ host, port, exclusive: true }',
    replace: 'listen({ port, exclusive: true }',
    test: relay('it listens on the one address, and on no other'),
    says: /127\.0\.0\.1: expected .* to be 'ECONNREFUSED'/,
    quick: true,
  },
  {
    name: 'host port proxy open to every peer',
    guarantee: 'containers of other networks do not reach this machine by a relay',
    file: 'packages/core/src/provider-kit/host-port-proxy.ts',
    find: "!(await admits(client.remoteAddress ?? ''))",
    replace: "(await admits(client.remoteAddress ?? ''), false)",
    test: relay('a peer outside the session is disconnected before anything is dialled'),
    says: /to be 'ECONNRESET'/,
    quick: true,
  },
  {
    name: 'SPA fall-back off',
    guarantee: 'a page that routes by itself can be reloaded at any of its paths',
    file: 'packages/services/src/site/site-handler.ts',
    find: 'site.spa && !',
    replace: '!site.spa && !',
    test: site('process', 'app /app/users/7: 200'),
    says: /expected 404 to be 200/,
    quick: false,
  },
  {
    name: 'SPA fall-back for assets',
    guarantee: 'a missing script is a 404, not a page',
    file: 'packages/services/src/site/site-handler.ts',
    find: ' && !/\\.\\w+$/.test(decodeURIComponent(path))',
    replace: '',
    test: site('process', 'app /app/chunk-4f2.js: 404'),
    says: /expected 200 to be 404/,
    quick: false,
  },
  {
    name: 'SPA fall-back of nginx for assets',
    guarantee: 'a missing script is a 404, not a page',
    file: 'packages/services/src/site/nginx-config.ts',
    find: '(?![^/]*\\\\.\\\\w+$)',
    replace: '',
    test: site('docker', 'app /app/chunk-4f2.js: 404'),
    says: /expected 200 to be 404/,
    quick: false,
  },
  {
    name: 'a path leads out of the site',
    guarantee: 'nothing outside of the folder is served',
    file: 'packages/services/src/site/site-handler.ts',
    find: 'send(request, file, {\n      root: site.root,',
    replace: 'send(request, posix.join(site.root, decodeURIComponent(file)), {',
    test: site('process', 'plain /../secret.txt: 400'),
    says: /expected 200 to be 400/,
    quick: false,
  },
]
