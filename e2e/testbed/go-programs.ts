import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { Unfit } from './machine.ts'
import { cache, sources } from './paths.ts'
import { step } from './progress.ts'
import { inScratch } from './scratch.ts'
import { sh } from './shell.ts'

/** A program built from a Go module, by name and version. */
export interface GoProgram {
  name: string
  module: string
  version: string
  /** The package that holds `main`; `.` for the one in the folder `go/<name>`. */
  main: string
  /** Package variables that the linker sets. */
  variables?: Record<string, string>
}

export const registry: GoProgram = {
  name: 'registry',
  module: 'github.com/distribution/distribution/v3',
  version: 'v3.0.0',
  main: 'github.com/distribution/distribution/v3/cmd/registry',
}

export const ferretdb: GoProgram = {
  name: 'ferretdb',
  module: 'github.com/FerretDB/FerretDB/v2',
  version: 'v2.7.0',
  main: 'github.com/FerretDB/FerretDB/v2/cmd/ferretdb',
}

/** What `docker compose` runs: it tells what a compose file means, and is the reference of benches. */
export const compose: GoProgram = {
  name: 'docker-compose',
  module: 'github.com/docker/compose/v2',
  version: 'v2.40.3',
  main: 'github.com/docker/compose/v2/cmd',
  variables: { 'github.com/docker/compose/v2/internal.Version': 'v2.40.3' },
}

/** Checks workflows of GitHub; tests build it when they need it. */
export const actionlint: GoProgram = {
  name: 'actionlint',
  module: 'github.com/rhysd/actionlint',
  version: 'v1.7.12',
  main: 'github.com/rhysd/actionlint/cmd/actionlint',
}

/** A stand-in; of Go's standard library alone. */
export const ryuk: GoProgram = { name: 'ryuk', module: 'std', version: '1', main: '.' }

/** Where a program is, or will be once built. */
export function binary(program: GoProgram): string {
  return join(cache, 'programs', `${program.name}-${contentHash(program, own(program) ? [folderOf(program)] : [])}`)
}

/** Those that are not in the cache. */
export function unbuilt(programs: readonly GoProgram[]): readonly GoProgram[] {
  return programs.filter((program) => !existsSync(binary(program)))
}

export async function buildPrograms(programs: readonly GoProgram[]): Promise<void> {
  for (const program of unbuilt(programs)) {
    await step(`building ${program.name} ${program.version}`, () => build(program))
  }
}

function own(program: GoProgram): boolean {
  return program.main === '.'
}

function folderOf(program: GoProgram): string {
  return join(sources, 'go', program.name)
}

async function build(program: GoProgram): Promise<void> {
  if ((await sh(['go', 'version'], { otherwise: '' })) === '') {
    throw new Unfit(`The test bed builds ${program.name} from its Go module, and this machine has no go command.`)
  }
  await inScratch(async (cwd) => {
    const options = { cwd, env: { CGO_ENABLED: '0' } }
    if (own(program)) await cp(folderOf(program), cwd, { recursive: true })
    else await writeFile(join(cwd, 'tool.go'), `//go:build tools\n\npackage tool\n\nimport _ "${program.main}"\n`)
    await writeFile(join(cwd, 'go.mod'), 'module testbed\n\ngo 1.24\n')
    if (program.module !== 'std') {
      await writeFile(join(cwd, 'go.mod'), `module testbed\n\ngo 1.24\n\n${await replacements(program)}`)
      await sh(['go', 'get', `${program.module}@${program.version}`], options)
      await sh(['go', 'mod', 'tidy'], options)
    }
    const flags = ['-s -w', ...Object.entries(program.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`)]
    const target = join(cwd, 'program')
    await sh(['go', 'build', '-trimpath', '-ldflags', flags.join(' '), '-o', target, program.main], options)
    await mkdir(join(cache, 'programs'), { recursive: true })
    await rename(target, binary(program))
  })
}

/**
 * k8s.io/kubernetes points at folders of its own repository; a module that imports it must name the published modules.
 */
async function replacements({ module, version }: GoProgram): Promise<string> {
  const answer = await sh(['go', 'mod', 'download', '-json', `${module}@${version}`])
  const { GoMod } = JSON.parse(answer) as { GoMod: string }
  return Array.from(
    readFileSync(GoMod, 'utf8').matchAll(/^\s+(\S+) => \.\/staging\S+$/gm),
    ([, name]) => `replace ${name} => ${name} ${version.replace(/^v1/, 'v0')}\n`,
  ).join('')
}
