import { delimiter, resolve } from 'node:path'
import type { EnvVariables } from '../config/url-variables.ts'
import { homeFolder } from '../provider-kit/home-folder.ts'

const PATHS = ['DOCKER_CERT_PATH', 'DOCKER_CONFIG', 'TMPDIR']
const PATH_LISTS = ['KUBECONFIG', 'PATH']

// Variables that runners and package managers set for their own processes. A run outlives the process that starts it,
// so with them a service would depend on who came first. Sources: the sources of Vitest 5, Playwright 1.65, Jest 30,
// Mocha 11 and node:test; @npmcli/run-script (set-path, make-spawn-args); pnpm and Yarn, "run".
const RUNNER_VARIABLES = [
  /^(NODE_ENV|BABEL_ENV|NODE_OPTIONS)$/,
  /^(VITEST|VITE_USER_NODE_ENV|JEST_WORKER_ID|MOCHA_WORKER_ID|NODE_TEST_CONTEXT|NODE_TEST_WORKER_ID)$/,
  /^(VITEST_|PLAYWRIGHT_TEST|TEST_(WORKER|PARALLEL)_INDEX$)/,
  /^npm_(lifecycle_|package_|command$|execpath$|node_execpath$)/,
  /^npm_config_(user_agent|local_prefix|global_prefix|npm_version|node_gyp|noproxy)$/,
  /^(INIT_CWD|PNPM_SCRIPT_SRC_DIR|PROJECT_CWD|BERRY_BIN_FOLDER)$/,
  // The GitHub runner kills what has it at the end of a step, before the supervisor has cleaned up.
  /^RUNNER_TRACKING_ID$/,
]
// Vite's, which Vitest sets as well. Without Vitest, a variable of such a common name is the user's.
const VITE_VARIABLES = /^(TEST|FORCE_TTY|DEV|PROD|SSR|MODE|BASE_URL)$/

/**
 * The variables of a supervisor, which seeds and plain processes inherit: those of the client, without what its runner
 * and its package manager have set. Relative paths are made absolute, relative to the folder that the user works in, as
 * the programs that define them read them: a supervisor works in another one.
 */
export function supervisorEnvironment(env: EnvVariables, folder: string): EnvVariables {
  const dropped = env['VITEST'] ? [...RUNNER_VARIABLES, VITE_VARIABLES] : RUNNER_VARIABLES
  const inherited = Object.entries(env).filter(([name]) => !dropped.some((pattern) => pattern.test(name)))
  const paths = PATHS.flatMap((name) => (env[name] ? [[name, resolve(folder, env[name])] as const] : []))
  const lists = PATH_LISTS.flatMap((name) => {
    const files = (env[name] ?? '').split(delimiter).filter(Boolean)
    return files.length ? [[name, files.map((file) => resolve(folder, file)).join(delimiter)] as const] : []
  })
  const pnp = pnpOptions(env['NODE_OPTIONS'])
  return {
    // Libraries of the providers ask for the home folder, which fails for a uid without a name.
    ...(env['HOME'] === undefined && process.platform !== 'win32' ? { HOME: homeFolder() } : {}),
    ...Object.fromEntries([...inherited, ...paths, ...lists]),
    ...(pnp ? { NODE_OPTIONS: pnp } : {}),
  }
}

/** The part of `NODE_OPTIONS` by which Yarn's Plug'n'Play finds packages: the supervisor is one of them. */
function pnpOptions(options: string | undefined): string | undefined {
  return options?.match(/--(?:require|experimental-loader|import)[= ](?:"[^"]*\.pnp\.[^"]*"|\S*\.pnp\.\S+)/g)?.join(' ')
}
