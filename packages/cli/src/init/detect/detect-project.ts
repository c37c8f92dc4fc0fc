import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { COMPOSE_FILES } from '@moorage/core'
import { CONFIG_FILES } from '@moorage/core/runner'
import { findRunners, type Runner } from './find-runners.ts'
import { listFiles } from './list-files.ts'
import { findManifest, type PackageManifest } from './package-manifest.ts'
import { scanPipelines, type PipelineScan } from './scan-pipelines.ts'
import { scanSources, type SourceScan } from './scan-sources.ts'
import { findWorkspace, type Workspace } from './workspace.ts'

/** One package of the project. */
export interface ProjectPackage {
  readonly manifest: PackageManifest
  readonly files: readonly string[]
  readonly runners: readonly Runner[]
  readonly sources: SourceScan
  /** The files of its Python requirements, and their text. */
  readonly requirementFiles: readonly string[]
  readonly requirements: string
}

/** All that `moorage init` knows of a project. */
export interface Project {
  /** Where the config goes: the folder of the nearest package.json. */
  readonly folder: string
  /** Where the pipelines go: the root of the repository or workspace. */
  readonly root: string
  readonly workspace: Workspace
  /** The package of the folder, then those of its workspace. */
  readonly packages: readonly ProjectPackage[]
  readonly typescript: boolean
  /** Path of the config that exists, in the folder or above it. */
  readonly configFile: string | undefined
  readonly composeFile: string | undefined
  /** Relative to the root. */
  readonly dockerfiles: readonly string[]
  readonly pipelines: PipelineScan
  /** The branch whose pushes run the pipelines. */
  readonly branch: string
}

const DOCKERFILE = /(^|\/)(Dockerfile|[\w-]+\.Dockerfile|Containerfile)$/

/**
 * Reads the project of a folder. Throws `MoorageError`: USAGE without a package.json, CONFIG_INVALID for a package.json
 * or a pipeline that cannot be parsed.
 */
export function detectProject(start: string): Project {
  const manifest = findManifest(start)
  const workspace = findWorkspace(manifest)
  const root = repositoryRoot(workspace.root)
  const below = manifest.folder === workspace.root ? workspace.packages : []
  const packages = [readPackage(manifest, below), ...below.map((other) => readPackage(other, []))]
  const find = (names: readonly string[]): string | undefined =>
    foldersUpTo(manifest.folder, workspace.root)
      .flatMap((folder) => names.map((name) => join(folder, name)))
      .find((path) => existsSync(path))
  return {
    folder: manifest.folder,
    root,
    workspace,
    packages,
    typescript: existsSync(join(manifest.folder, 'tsconfig.json')) || 'typescript' in manifest.dependencies,
    configFile: find(CONFIG_FILES),
    composeFile: find(COMPOSE_FILES),
    dockerfiles: listFiles(root).filter((file) => DOCKERFILE.test(file)),
    pipelines: scanPipelines(root),
    branch: defaultBranch(root),
  }
}

function readPackage(manifest: PackageManifest, below: readonly PackageManifest[]): ProjectPackage {
  // Files of a package below belong to that one.
  const others = below.map(({ folder }) => `${relative(manifest.folder, folder)}/`)
  const files = listFiles(manifest.folder).filter((file) => !others.some((other) => file.startsWith(other)))
  const requirementFiles = files.filter((file) => /^(pyproject\.toml|requirements[\w-]*\.txt)$/.test(file))
  return {
    manifest,
    files,
    runners: findRunners(manifest, files),
    sources: scanSources(manifest.folder, files),
    requirementFiles,
    requirements: requirementFiles.map((file) => readFileSync(join(manifest.folder, file), 'utf8')).join('\n'),
  }
}

function foldersUpTo(folder: string, root: string): readonly string[] {
  return folder === root || folder === dirname(folder) ? [folder] : [folder, ...foldersUpTo(dirname(folder), root)]
}

function repositoryRoot(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) if (existsSync(join(at, '.git'))) return at
  return folder
}

/** The branch that the remote names, else `main`. */
function defaultBranch(root: string): string {
  try {
    const head = readFileSync(join(root, '.git/refs/remotes/origin/HEAD'), 'utf8')
    return /refs\/remotes\/origin\/(\S+)/.exec(head)?.[1] ?? 'main'
  } catch {
    // No remote yet, or a worktree.
    return 'main'
  }
}
