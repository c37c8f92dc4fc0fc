import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, MoorageError } from '../contract/errors.ts'
import { lineSuffix, loadHint } from './module-load-hints.ts'

type Loader = <M>(file: string) => Promise<M>

/** The used part of `tsx/esm/api`. Source: https://tsx.hirok.io/dev-api/ts-import */
interface Tsx {
  tsImport(specifier: string, parentUrl: string): Promise<unknown>
}

/** The used part of Vite. Sources: https://vite.dev/guide/ssr, https://vite.dev/guide/api-environment-runtimes */
interface Vite {
  createServer(config: object): Promise<ViteServer>
  /** Since Vite 6. */
  createServerModuleRunner?(
    environment: unknown,
    options: { readonly sourcemapInterceptor: 'prepareStackTrace'; readonly hmr: false },
  ): { import(file: string): Promise<unknown> }
}

interface ViteServer {
  readonly environments?: { readonly ssr: unknown }
  ssrLoadModule(file: string): Promise<unknown>
}

const VITE_CONFIGS = ['vitest', 'vite'].flatMap((name) =>
  ['ts', 'mts', 'js', 'mjs'].map((extension) => `${name}.config.${extension}`),
)

/**
 * Imports a module of the user's project. If Node cannot load it, because it contains an enum, a decorator or an alias,
 * the project's own loader does: tsx if it is installed, else the Vite of the project. Throws MoorageError
 * (SEED_FAILED) if there is none, and what the module throws.
 */
export async function importProjectModule<M>(file: string, root: string): Promise<M> {
  try {
    return (await import(pathToFileURL(file).href)) as M
  } catch (error) {
    const hint = loadHint(error, file)
    if (hint === undefined) throw error
    const load = await findLoader(root)
    if (load) return await load<M>(file)
    const message = `${file}${lineSuffix(error, file)} could not be loaded: ${messageOf(error).replace(/\.$/, '')}.`
    throw new MoorageError('SEED_FAILED', message, {
      cause: error,
      hint: `${hint} Or install tsx in ${root}: it compiles TypeScript and resolves the paths of tsconfig.json.`,
    })
  }
}

async function findLoader(root: string): Promise<Loader | undefined> {
  const require = createRequire(join(root, 'package.json'))
  const tsx = tryResolve(require, 'tsx/esm/api')
  if (tsx !== undefined) return await tsxLoader(tsx)
  const vitest = tryResolve(require, 'vitest/package.json')
  const vite =
    tryResolve(require, 'vite') ?? (vitest === undefined ? undefined : tryResolve(createRequire(vitest), 'vite'))
  return vite === undefined ? undefined : await viteLoader(vite, root)
}

async function tsxLoader(path: string): Promise<Loader> {
  const { tsImport } = (await import(pathToFileURL(path).href)) as Tsx
  // Errors name the lines of the source, not those of the compiled code.
  process.setSourceMapsEnabled(true)
  return async <M>(file: string) => (await tsImport(pathToFileURL(file).href, import.meta.url)) as M
}

async function viteLoader(path: string, root: string): Promise<Loader> {
  const { createServer, createServerModuleRunner } = (await import(pathToFileURL(path).href)) as Vite
  const config = VITE_CONFIGS.map((name) => join(root, name)).find((file) => existsSync(file))
  const server = await createServer({
    root,
    configFile: config ?? false,
    appType: 'custom',
    logLevel: 'silent',
    // Serves nothing and watches nothing: only its module loader is used, until the process ends.
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: [] },
  })
  // Unlike ssrLoadModule, it also maps the lines of errors that a module throws when it is called.
  const runner = createServerModuleRunner?.(server.environments?.ssr, {
    sourcemapInterceptor: 'prepareStackTrace',
    hmr: false,
  })
  return async <M>(file: string) => (await (runner ? runner.import(file) : server.ssrLoadModule(file))) as M
}

function tryResolve(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name)
  } catch {
    return undefined
  }
}
