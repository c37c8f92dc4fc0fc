import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentHash } from './content-hash.ts'
import { Unfit } from './machine.ts'
import { cache } from './places.ts'
import { step } from './progress.ts'
import { inScratch } from './scratch.ts'
import { sh } from './shell.ts'

/** A program built from a Go module, by name and version. */
export interface GoProgram {
  name: string
  module: string
  version: string
  /** The package that holds `main`. */
  main: string
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

/** Where a program is, or will be once built. */
export function binary(program: GoProgram): string {
  return join(cache, 'programs', `${program.name}-${contentHash(program)}`)
}

export async function buildPrograms(programs: GoProgram[]): Promise<void> {
  for (const program of programs.filter((each) => !existsSync(binary(each)))) {
    await step(`building ${program.name} ${program.version}`, () => build(program))
  }
}

async function build(program: GoProgram): Promise<void> {
  if ((await sh(['go', 'version'], { otherwise: '' })) === '') {
    throw new Unfit(`The test bed builds ${program.name} from its Go module, and this machine has no go command.`)
  }
  await inScratch(async (cwd) => {
    const options = { cwd, env: { CGO_ENABLED: '0' } }
    await writeFile(join(cwd, 'go.mod'), 'module testbed\n\ngo 1.24\n')
    await writeFile(join(cwd, 'tool.go'), `//go:build tools\n\npackage tool\n\nimport _ "${program.main}"\n`)
    await sh(['go', 'get', `${program.module}@${program.version}`], options)
    await sh(['go', 'mod', 'tidy'], options)
    await sh(['go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', join(cwd, 'program'), program.main], options)
    await mkdir(join(cache, 'programs'), { recursive: true })
    await rename(join(cwd, 'program'), binary(program))
  })
}
