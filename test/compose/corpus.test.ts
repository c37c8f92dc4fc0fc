import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { isMoorageError, type AnyConfig } from '@moorage/core'
import { renderRun } from '@moorage/core/runner'
import { expect, test } from 'vitest'
import { composeFile } from '../../packages/cli/src/render/compose-file.ts'
import { dockerCommands } from '../../packages/cli/src/render/docker-commands.ts'
import { toYaml, toYamlDocuments } from '../../packages/cli/src/render/yaml.ts'
import { rowOf } from '../../packages/compose/src/keys/key-table.ts'
import { parseYaml } from '../../packages/compose/src/yaml/parse.ts'
import { entriesOf, get, itemsOf, textOf, type TreeNode } from '../../packages/compose/src/yaml/tree.ts'
import { compose } from '../../packages/moorage/src/compose.ts'
import { defineConfig, kubernetes } from '../../packages/moorage/src/index.ts'

const corpus = process.env['MOORAGE_COMPOSE_CORPUS']

const INTRODUCTION = `# Compose files of others

The compose files of [awesome-compose](https://github.com/docker/awesome-compose) at commit 18f59bd, unedited, in every
form that \`moorage render\` prints. The files are not part of this repository. This page is made by
\`MOORAGE_COMPOSE_CORPUS=<folder of projects> node node_modules/vitest/vitest.mjs run -u --project unit test/compose/corpus.test.ts\`.
Files that a project names and that belong to its sources, such as Dockerfiles and secrets, are empty stand-ins.

Every key of every file has a row in [compose-keys.md](compose-keys.md). *Keys* are those that are honoured, and *warned*
those without which the services run; a line on stderr says so for each.
`

test('docs/compose-corpus.md: every key of the files is accounted for, and every form is printed or refused', async ({
  skip,
}) => {
  if (!corpus) skip('MOORAGE_COMPOSE_CORPUS does not name a folder of projects')
  const names = readdirSync(corpus ?? '').filter((name) => statSync(join(corpus ?? '', name)).isDirectory())
  const rows: string[] = []
  const refusals: string[] = []
  for (const name of names) {
    const { cells, refusal } = await tryProject(join(corpus ?? '', name))
    rows.push(`| ${[name, ...cells].join(' | ')} |`)
    if (refusal !== undefined) refusals.push(`- **${name}**: ${refusal}`)
  }
  const head = '| project | services | keys | warned | compose | docker | kubernetes |\n|---|---|---|---|---|---|---|'
  const page = `${INTRODUCTION}\n${head}\n${rows.join('\n')}\n\n## What is refused\n\n${refusals.join('\n')}\n`
  await expect(page).toMatchFileSnapshot('../../docs/compose-corpus.md')
})

async function tryProject(source: string): Promise<{ readonly cells: readonly string[]; readonly refusal?: string }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'corpus-')))
  try {
    const folder = join(root, basename(source))
    cpSync(source, folder, { recursive: true })
    const file = join(folder, readdirSync(folder).find((name) => /^(docker-)?compose\.ya?ml$/.test(name)) ?? '')
    const documents = parseYaml(readFileSync(file, 'utf8'), file)
    for (const document of documents) createStandIns(document, folder)
    const keys = documents.flatMap((document) => treatmentsIn(document, ''))
    // A key without a row would be one that is dropped.
    expect(keys.filter(({ treatment }) => treatment === undefined)).toEqual([])
    const count = (treatment: string): string => String(keys.filter((key) => key.treatment === treatment).length)
    const services = String(documents.flatMap((document) => entriesOf(get(document, 'services'))).length)
    const start = [services, count('mapped'), count('warned')]
    const printed = await printForms(file, folder)
    return {
      cells: [...start, ...printed.map((result) => (result === undefined ? 'yes' : 'refused'))],
      ...(printed.every((result) => result === undefined)
        ? {}
        : { refusal: [...new Set(printed.filter((result) => result !== undefined))].join(' ') }),
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** Why a form is refused, for each form: undefined where it is printed. */
async function printForms(file: string, folder: string): Promise<readonly (string | undefined)[]> {
  const reasonOf = async (print: () => string | Promise<string>): Promise<string | undefined> => {
    try {
      expect(await print()).toMatch(/\w/)
      return undefined
    } catch (error) {
      if (!isMoorageError(error)) throw error
      const text = error.message.replaceAll(`${folder}/`, '').replaceAll(folder, '.')
      return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
    }
  }
  const config = (): AnyConfig => defineConfig({ root: folder, services: compose(file) }) as unknown as AnyConfig
  return [
    await reasonOf(() => toYaml(composeFile(config()))),
    await reasonOf(() => dockerCommands(composeFile(config()))),
    await reasonOf(async () => {
      const { objects, notes } = await renderRun(config(), {
        provider: 'kubernetes',
        providers: [kubernetes()],
        env: {},
      })
      return toYamlDocuments(objects, notes)
    }),
  ]
}

interface FoundKey {
  readonly key: string
  readonly treatment: string | undefined
}

/** The keys of a file, with what the table says of each. Names of the user's are no keys. */
function treatmentsIn(node: TreeNode, pattern: string): readonly FoundKey[] {
  if (node.kind === 'list') return node.items.flatMap((item) => treatmentsIn(item, `${pattern}[]`))
  return entriesOf(node).flatMap(([name, value]): readonly FoundKey[] => {
    const start = pattern === '' ? '' : `${pattern}.`
    if (name.startsWith('x-')) return []
    const row = rowOf(`${start}${name}`)
    if (row?.open || (row && row.treatment !== 'mapped')) return [{ key: row.key, treatment: row.treatment }]
    const below = treatmentsIn(value, row ? row.key : `${start}*`)
    return row ? [{ key: row.key, treatment: row.treatment }, ...below] : below
  })
}

/** What the sources of a project have besides its compose file. */
function createStandIns(document: TreeNode, folder: string): void {
  const create = (path: string, text: string): void => {
    if (existsSync(path)) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  for (const [, service] of entriesOf(get(document, 'services'))) {
    const build = get(service, 'build')
    const context = textOf(get(build, 'context')) ?? textOf(build)
    if (!build || context === undefined) continue
    create(join(folder, context, textOf(get(build, 'dockerfile')) ?? 'Dockerfile'), 'FROM scratch\n')
    for (const file of itemsOf(get(service, 'env_file'))) create(join(folder, textOf(file) ?? 'x.env'), '')
  }
  for (const kind of ['secrets', 'configs'])
    for (const [, definition] of entriesOf(get(document, kind))) {
      const file = textOf(get(definition, 'file'))
      if (file !== undefined) create(join(folder, file), 'stand-in\n')
    }
}
