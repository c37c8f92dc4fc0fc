import { dirname, relative } from 'node:path'
import type { Project, ProjectPackage } from '../detect/detect-project.ts'
import type { PackageManager } from '../detect/workspace.ts'
import type { TemplateValues } from '../fill-template.ts'

export type CiProvider = 'docker' | 'kubernetes'

/** The namespace that runs share, except those of a pull request. */
export const CI_NAMESPACE = 'ci'

const FRONT_END = ['vite', 'next', 'nuxt', 'react', 'vue', 'svelte', '@angular/core', 'astro', 'solid-js']

const COMMANDS: {
  readonly [manager in PackageManager]: {
    readonly install: string
    readonly installLocked: string
    readonly run: string
    readonly exec: string
    readonly everywhere: string
  }
} = {
  npm: {
    install: 'npm install',
    installLocked: 'npm ci',
    run: 'npm run',
    exec: 'npx',
    everywhere: 'npm test --workspaces --if-present',
  },
  pnpm: {
    install: 'pnpm install',
    installLocked: 'pnpm install --frozen-lockfile',
    run: 'pnpm run',
    exec: 'pnpm exec',
    everywhere: 'pnpm -r test',
  },
  yarn: {
    install: 'yarn install',
    installLocked: 'yarn install --immutable',
    run: 'yarn run',
    exec: 'yarn',
    everywhere: 'yarn workspaces foreach --all run test',
  },
  bun: {
    install: 'bun install',
    installLocked: 'bun install --frozen-lockfile',
    run: 'bun run',
    exec: 'bunx',
    everywhere: "bun run --filter '*' test",
  },
}

/** What the templates of pipelines say of this project. */
export function ciValues(project: Project, provider: CiProvider): TemplateValues {
  const { workspace, packages, root, branch, pipelines } = project
  const { manager, lockFile } = workspace
  const commands = COMMANDS[manager]
  const scripts = packages[0]?.manifest.scripts ?? {}
  const run = (script: string): string => (script in scripts ? `${commands.run} ${script}` : '')
  const isKubernetes = provider === 'kubernetes'
  const [dockerfile] = project.dockerfiles
  const frontEnd = findFrontEnd(project)
  const python = pythonValues(project)
  const hasTest = 'test' in scripts || packages[0]?.runners.length
  return {
    branch,
    docker: !isKubernetes,
    kubernetes: isKubernetes,
    runner: isKubernetes ? (pipelines.kubernetesRunner ?? 'self-hosted') : 'ubuntu-latest',
    provider,
    namespace: CI_NAMESPACE,
    folder: relative(root, workspace.root) || '.',
    isNested: relative(root, workspace.root) !== '',
    install: lockFile === undefined ? commands.install : installLocked(manager, project),
    exec: commands.exec,
    test: hasTest ? `${manager} ${manager === 'bun' ? 'run ' : ''}test` : commands.everywhere,
    cache: lockFile === undefined || manager === 'bun' ? '' : manager,
    isPnpm: manager === 'pnpm',
    pnpmVersion: packageManagerOf(project) === undefined && manager === 'pnpm' ? '10' : '',
    isYarn: manager === 'yarn',
    isBun: manager === 'bun',
    lint: run('lint'),
    typecheck: run('typecheck') || run('type-check'),
    build: run('build'),
    ...python,
    lints: [run('lint'), run('typecheck'), run('type-check'), python.pythonLint].some((command) => command !== ''),
    ...imageValues(dockerfile),
    frontEnd: frontEnd === undefined ? '' : relative(root, frontEnd.manifest.folder) || '.',
    frontEndPrefix: frontEnd === undefined ? '' : relative(root, frontEnd.manifest.folder).replace(/(?<=.)$/, '/'),
    frontEndPaths: frontEnd === undefined ? '' : frontEndPaths(root, frontEnd),
    frontEndLint: scriptOf(frontEnd, 'lint', commands.run),
    frontEndBuild: scriptOf(frontEnd, 'build', commands.run),
    frontEndTest: frontEndTest(frontEnd, manager),
    visual: visualCommand(project, commands.exec),
    needsBrowser: !project.packages.some(({ sources }) => sources.usesBrowserService),
  }
}

/** The package that is a front end: one with a framework, `frontend-v2` and `frontend` before others. */
export function findFrontEnd({ packages }: Project): ProjectPackage | undefined {
  const found = packages.filter(({ manifest }) => FRONT_END.some((name) => name in manifest.dependencies))
  const rank = ({ manifest }: ProjectPackage): number => {
    const at = ['frontend-v2', 'frontend'].findIndex((name) => manifest.folder.endsWith(`/${name}`))
    return at < 0 ? 2 : at
  }
  return found.toSorted((a, b) => rank(a) - rank(b))[0]
}

/** The build of the first Dockerfile, and the files whose change makes one necessary. */
function imageValues(dockerfile: string | undefined): TemplateValues {
  if (dockerfile === undefined) return { image: '', imageContext: '', imageChanges: '', imageGlob: '' }
  const folder = dirname(dockerfile)
  return {
    image: dockerfile,
    imageContext: folder,
    imageChanges: folder === '.' ? ". ':!docs' ':!*.md'" : folder,
    imageGlob: folder === '.' ? '**/*' : `${folder}/**/*`,
  }
}

interface PythonValues {
  readonly python: boolean
  readonly pythonInstall: string
  readonly pythonLint: string
}

function pythonValues({ packages }: Project): PythonValues {
  const [item] = packages
  const hasPytest = item?.runners.some(({ name }) => name === 'pytest') ?? false
  const files = (item?.files ?? []).filter((file) => /^requirements[\w-]*\.txt$/.test(file))
  const install = files.length ? `pip install ${files.map((file) => `-r ${file}`).join(' ')}` : 'pip install -e .'
  return {
    python: hasPytest,
    pythonInstall: /\bpytest\b/.test(item?.requirements ?? '') ? install : `${install} pytest`,
    pythonLint: /\bruff\b/.test(item?.requirements ?? '') ? 'ruff check .' : '',
  }
}

function installLocked(manager: PackageManager, { workspace, packages }: Project): string {
  // Yarn 1 has another option; its lock file begins with its version.
  const declared = packages[0]?.manifest.packageManager ?? ''
  const isClassic =
    manager === 'yarn' && (declared.startsWith('yarn@1.') || (declared === '' && workspace.isClassicYarn))
  return isClassic ? 'yarn install --frozen-lockfile' : COMMANDS[manager].installLocked
}

function packageManagerOf({ packages }: Project): string | undefined {
  return packages[0]?.manifest.packageManager
}

function frontEndPaths(root: string, { manifest }: ProjectPackage): string {
  const folder = relative(root, manifest.folder)
  return folder === '' ? '**' : `${folder}/**`
}

function scriptOf(item: ProjectPackage | undefined, script: string, run: string): string {
  return item && script in item.manifest.scripts ? `${run} ${script}` : ''
}

function frontEndTest(item: ProjectPackage | undefined, manager: PackageManager): string {
  return item ? `${manager} ${manager === 'bun' ? 'run ' : ''}test` : ''
}

function visualCommand({ packages }: Project, exec: string): string {
  const item = packages.find(({ runners }) => runners.some(({ name }) => name === 'playwright'))
  if (!item) return ''
  const scripts = Object.entries(item.manifest.scripts)
  const [script] = scripts.find(([name, text]) => /visual|e2e/.test(name) && /\bplaywright test\b/.test(text)) ?? []
  return script === undefined
    ? `${exec} playwright test`
    : `${exec === 'npx' ? 'npm' : exec.split(' ')[0]} run ${script}`
}
