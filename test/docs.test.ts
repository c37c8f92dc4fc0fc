import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CONTAINER_SETTINGS } from '../packages/core/src/config/check-settings.ts'
import { ERROR_CODES } from '../packages/core/src/contract/errors.ts'
import type { SettingSupport } from '../packages/core/src/provider-kit/setting-support.ts'
import { SETTING_SUPPORT as dockerSettings } from '../packages/provider-docker/src/settings.ts'
import { SETTING_SUPPORT as kubernetesSettings } from '../packages/provider-kubernetes/src/settings.ts'
import { SETTING_SUPPORT as nerdctlSettings } from '../packages/provider-nerdctl/src/settings.ts'

const sources = globSync('packages/*/src/**/*.ts')

/** Names of environment variables: capitals, digits and underscores. */
const NAME = /^[A-Z][A-Z0-9_]+$/

/** The variables that a source reads: by a literal name, by destructuring, or from a list of names. */
function variablesRead(source: string): readonly string[] {
  const named = [...source.matchAll(/\benv(?:\[\s*['"](\w+)['"]\s*\]|\.([A-Z]\w+))/g)].map(([, a, b]) => a ?? b ?? '')
  const destructured = [...source.matchAll(/\{([^{}]*)\}\s*=\s*(?:process\.)?env\b/g)].flatMap(([, fields = '']) =>
    [...fields.matchAll(/(?:^|,)\s*(\w+)/g)].map(([, name = '']) => name),
  )
  // A name that is looked up by a variable stands in a list or a constant of the same file.
  const listed = /\benv\[\s*[^'"\s]/.test(source)
    ? [...source.matchAll(/(?<=[[,=:]\s*)'(\w+)'(?=\s*[\],}\n])/g)].map(([, name = '']) => name)
    : []
  return [...named, ...destructured, ...listed].filter((name) => NAME.test(name) && !Object.hasOwn(ERROR_CODES, name))
}

/** The variables in the first column of the tables of one section. */
function variablesDocumented(markdown: string): readonly string[] {
  const rows = [...markdown.matchAll(/^\| (`[^|]+) \|/gm)]
  return rows.flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
}

function section(markdown: string, heading: string): string {
  const [, text = ''] = markdown.split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

describe('docs/environment-variables.md', () => {
  const read = section(readFileSync('docs/environment-variables.md', 'utf8'), 'Read by moorage')

  test('lists exactly the variables that the sources read', () => {
    const found = new Set(sources.flatMap((file) => variablesRead(readFileSync(file, 'utf8'))))
    expect(variablesDocumented(read).toSorted()).toEqual([...found].toSorted())
  })

  test.each([
    ['by its name', "const home = process.env['OFFENDER']", ['OFFENDER']],
    ['as a property', 'const home = process.env.OFFENDER', ['OFFENDER']],
    ['by destructuring', 'const { OFFENDER: a, OTHER_ONE, ...rest } = env', ['OFFENDER', 'OTHER_ONE']],
    ['by a list', "const all = ['OFFENDER', 'OTHER_ONE']\nall.map((name) => env[name])", ['OFFENDER', 'OTHER_ONE']],
    ['by a table', "const all = [{ run: 'OFFENDER', job: 'OTHER_ONE' }]\nenv[all[0].run]", ['OFFENDER', 'OTHER_ONE']],
    ['by a constant', "const NAME = 'OFFENDER'\nconst value = env[NAME]", ['OFFENDER']],
  ])('the check can fail: a variable that is read %s', (_, source, names) => {
    expect(variablesRead(source)).toEqual(names)
    expect(variablesDocumented(read)).not.toContain('OFFENDER')
  })
})

/** Messages in the first column of a table that no source contains. `…` stands for any value. */
function unknownMessages(markdown: string, text: string): readonly string[] {
  const quoted = [...markdown.matchAll(/^\| `([^`]+)`/gm)].map(([, message = '']) => message)
  const written = text.replaceAll(/\$\{[^}]*\}/g, '…')
  return quoted.filter((message) => !message.split('…').every((part) => written.includes(part)))
}

/** A source whose long messages, split over several lines, stand in one piece. */
function joinLiterals(source: string): string {
  return source.replace(/['`"] \+\n\s*['`"]/g, '')
}

describe('docs/errors', () => {
  const text = sources.map((file) => joinLiterals(readFileSync(file, 'utf8'))).join('\n')
  const codes = Object.keys(ERROR_CODES)

  test('the overview links every code with its meaning', () => {
    const rows = [
      ...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| \[`(\w+)`\]\(errors\/(\w+)\.md\) \| (.+) \|$/gm),
    ]
    expect(Object.fromEntries(rows.map(([, code, page, meaning]) => [code, `${page}: ${meaning}`]))).toEqual(
      Object.fromEntries(Object.entries(ERROR_CODES).map(([code, meaning]) => [code, `${code}: ${meaning}`])),
    )
  })

  test('there is a page for every code, and for no other', () => {
    expect(
      globSync('docs/errors/*.md')
        .map((file) => basename(file, '.md'))
        .toSorted(),
    ).toEqual(codes.toSorted())
  })

  test.each(codes)('%s.md leads to the cause, and quotes messages that the sources contain', (code) => {
    const page = readFileSync(`docs/errors/${code}.md`, 'utf8')
    expect(page.startsWith(`# \`${code}\`\n`)).toBe(true)
    expect(section(page, 'Find the cause')).toMatch(/^1\. /m)
    const causes = section(page, 'Causes and fixes')
    expect(causes.match(/^\| `/gm)?.length).toBeGreaterThan(0)
    expect(unknownMessages(causes, text)).toEqual([])
  })
})

describe('docs/kubernetes.md', () => {
  const table = section(readFileSync('docs/kubernetes.md', 'utf8'), 'When it does not work')

  test('quotes messages that the sources contain', () => {
    const text = sources.map((file) => joinLiterals(readFileSync(file, 'utf8'))).join('\n')
    expect(table.match(/^\| `/gm)?.length).toBeGreaterThan(10)
    expect(unknownMessages(table, text)).toEqual([])
  })

  test('the check can fail: a message with another word', () => {
    const text = 'const message = `the node ${name} is gone`'
    expect(unknownMessages('| `the node … is gone` | wait |', text)).toEqual([])
    expect(unknownMessages('| `the node … is lost` | wait |', text)).toEqual(['the node … is lost'])
  })
})

test('docs/ci.md quotes messages that the sources contain', () => {
  const table = section(readFileSync('docs/ci.md', 'utf8'), 'Errors')
  const text = sources.map((file) => joinLiterals(readFileSync(file, 'utf8'))).join('\n')
  expect(table.match(/^\| `/gm)).toHaveLength(5)
  expect(unknownMessages(table, text)).toEqual([])
})

/** Constants of the sources that bound a buffer, by file and name, with the number as docs/limits.md writes it. */
const LIMITS: { readonly [constant: string]: string } = {
  'build/src/build-error.ts MAX_OUTPUT_LINES': '50 lines',
  'build/src/run-program.ts MAX_OUTPUT_CHARACTERS': '200,000 characters',
  'cli/src/init/detect/list-files.ts MAX_FILES': 'looks at | 20,000',
  'cli/src/init/detect/scan-sources.ts MAX_BYTES': 'reads | 1 MiB |',
  'compose/src/mapping/file-suffix-variables.ts MAX_SECRET_BYTES': '| 64 KiB |',
  'compose/src/yaml/parse.ts MAX_NODES': '| 100,000 |',
  'core/src/client/crash-report.ts QUOTED_LOG_LINES': '20 lines of the last',
  'core/src/client/supervisor-log-tail.ts MAX_BYTES': '64 KiB',
  'core/src/debug/debug-file.ts MAX_BYTES': '64 MiB per file',
  'core/src/debug/debug-file.ts MAX_FILES': 'newest 20 files',
  'core/src/protocol/framing.ts MAX_MESSAGE_CHARACTERS': '64 Mi characters',
  'core/src/provider-kit/line-splitter.ts MAX_LINE_CHARACTERS': '1 Mi characters',
  'core/src/provider-kit/pack-tar.ts MAX_WHOLE_FILE_BYTES': '64 KiB',
  'core/src/provider-kit/exec-output.ts MAX_EXEC_OUTPUT_BYTES': '8 MiB',
  'core/src/provisioning/seed.ts MAX_LOG_LINES': '20 lines, 64 Ki characters in total',
  'core/src/provisioning/seed.ts MAX_RESULT_CHARACTERS': '1 Mi characters',
  'core/src/readiness/exchange.ts MAX_ANSWER_BYTES': '64 KiB',
  'core/src/readiness/health.ts MAX_OUTPUT_CHARACTERS': '4,096 characters',
  'core/src/readiness/http.ts MAX_BODY_BYTES': '1 MiB',
  'core/src/readiness/read-last-lines.ts MAX_LINES': '50 lines, 64 Ki characters in total',
  'core/src/supervisor/connected-clients.ts MAX_UNREAD_PROGRESS_BYTES': '1 MiB',
  'provider-kubernetes/src/api/keep-alive.ts MAX_UNCONFIRMED_BYTES': '64 KiB',
  'provider-kubernetes/src/cluster/exec-plugin.ts MAX_MESSAGE_CHARACTERS': '400 in an error',
  'provider-kubernetes/src/cluster/exec-plugin.ts MAX_OUTPUT_BYTES': '1 Mi characters',
  'provider-kubernetes/src/exec.ts MAX_FRAME_BYTES': '64 KiB',
  'provider-kubernetes/src/files.ts MAX_ALL_SECRETS_BYTES': '2,000,000 in total',
  'provider-kubernetes/src/files.ts MAX_MANIFEST_BYTES': '64,000 bytes',
  'provider-kubernetes/src/files.ts MAX_MOUNTED_FILES': '| 100 |',
  'provider-kubernetes/src/files.ts MAX_SECRET_BYTES': '700,000 bytes for each Secret',
  'provider-kubernetes/src/forward/pipe-connection.ts MAX_FRAME_BYTES': '64 KiB',
  'provider-kubernetes/src/forward/pipe-connection.ts PAUSE_ABOVE_BYTES': '256 KiB',
  'provider-kubernetes/src/forward/pipe-connection.ts RESUME_BELOW_BYTES': 'less than 128 KiB',
  'provider-kubernetes/src/forward/listener.ts MAX_CONCURRENT_DIALS': '| 32 |',
  'provider-kubernetes/src/pod/platform.ts MAX_LISTED_NODES': '| 500 |',
  'provider-process/src/logs.ts MAX_CHARACTERS': '64 Mi characters for each service',
  'provider-process/src/logs.ts MAX_LINES': '20,000 lines',
  'services/src/programs/run-command.ts MAX_LOG_LINES': '20 lines in an error',
  'services/src/programs/run-command.ts MAX_OUTPUT_CHARACTERS': '64 Ki characters',
}

/** Constants that look like these, and bound a name, an excerpt of a text, or a number of attempts. */
const NO_LIMITS = [
  'core/src/client/launch-error.ts QUOTED_LOG_LINES',
  'core/src/protocol/paths.ts MAX_SOCKET_PATH_BYTES',
  'core/src/provider-kit/service-host-name.ts MAX_CHARACTERS',
  'core/src/readiness/exchange.ts MAX_EXCERPT_BYTES',
  'provider-nerdctl/src/engine/nerdctl.ts MAX_MESSAGE_CHARACTERS',
]

/** The constants of a source that bound a number of bytes, characters, lines, files or waiting callers. */
function limitsIn(source: string): ReadonlyMap<string, number> {
  const pattern =
    /^(?:export )?const ((?:MAX|PAUSE|RESUME|QUOTED)\w*_(?:BYTES|CHARACTERS|LINES|FILES|DIALS|NODES))(?:: number)? = ([\d_* ]+|.*)$/gm
  return new Map(
    [...source.matchAll(pattern)].map(([, name = '', value = '']) => [
      name,
      value.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1),
    ]),
  )
}

/** The numbers that a text may stand for: `64 Ki` is 65,536, and `64,000` is itself. */
function numberIn(text: string): number {
  const [, digits = '', unit = ''] = /([\d,]+) ?(Ki|Mi)?/.exec(text) ?? []
  return Number(digits.replaceAll(',', '')) * { Ki: 1024, Mi: 1024 ** 2, '': 1 }[unit as 'Ki' | 'Mi' | '']
}

describe('docs/limits.md', () => {
  const found: ReadonlyMap<string, number> = new Map(
    sources.flatMap((file) =>
      [...limitsIn(readFileSync(file, 'utf8'))].map(
        ([name, value]) => [`${file.slice('packages/'.length)} ${name}`, value] as const,
      ),
    ),
  )

  test('states every limit of the sources', () => {
    const known = [...Object.keys(LIMITS), ...NO_LIMITS]
    expect([...found.keys()].map(String).toSorted()).toEqual(known.toSorted())
  })

  test.each(Object.entries(LIMITS))('has the number of %s', (constant, text) => {
    expect(readFileSync('docs/limits.md', 'utf8').replaceAll(/\s+/g, ' ')).toContain(text)
    expect(numberIn(text)).toBe(found.get(constant))
  })

  test('the check can fail: another number', () => {
    expect(limitsIn('const MAX_OFFENDER_BYTES = 3 * 1024\n')).toEqual(new Map([['MAX_OFFENDER_BYTES', 3072]]))
    expect(numberIn('4 KiB')).not.toBe(3072)
  })
})

/** Files and folders of the repository that a document names and that do not exist. */
function missingPaths(document: string, markdown: string): readonly string[] {
  const code = [...markdown.matchAll(/`((?:packages|docs|test|e2e|scripts|examples)\/[\w./*{},-]*)`/g)].map(
    ([, path = '']) => path,
  )
  const links = [...markdown.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) =>
    join(dirname(document), path),
  )
  return [...code, ...links].filter((path) => !existsSync(path) && globSync(path).length === 0)
}

describe('paths and links in the documents', () => {
  const documents = [
    'README.md',
    ...globSync('{docs,docs/errors,docs/migration,test,e2e/testbed,examples/*}/*.md'),
  ].filter(existsSync)

  test.each(documents)('%s names files that exist', (document) => {
    expect(missingPaths(document, readFileSync(document, 'utf8'))).toEqual([])
  })

  test('the check can fail: a path in code, a link', () => {
    expect(
      missingPaths('docs/a.md', 'See `packages/core/src/nowhere.ts` and [this](nowhere.md), [that](cli.md).'),
    ).toEqual(['packages/core/src/nowhere.ts', 'docs/nowhere.md'])
  })
})

/** The names in the first column of a table, and the cells beside them. */
function tableRows(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name = '', cells = '']) => [
    name,
    ...cells.split(' | ').map((cell) => cell.trim()),
  ])
}

describe('settings of containers', () => {
  const providers = { docker: dockerSettings, kubernetes: kubernetesSettings, nerdctl: nerdctlSettings }
  const cell = (support: SettingSupport[keyof SettingSupport]): string =>
    support === 'honoured' ? 'yes' : typeof support === 'function' ? 'in part' : 'no'

  test('docs/providers.md says for each provider which it honours', () => {
    const names = Object.keys(CONTAINER_SETTINGS) as (keyof SettingSupport)[]
    expect(tableRows(section(readFileSync('docs/providers.md', 'utf8'), 'Settings of containers'))).toEqual(
      names.map((name) => [name, ...Object.values(providers).map((support) => cell(support[name]))]),
    )
  })

  test('docs/config.md explains each', () => {
    const rows = tableRows(section(readFileSync('docs/config.md', 'utf8'), 'Settings of a container'))
    expect(rows.map(([name]) => name)).toEqual(Object.keys(CONTAINER_SETTINGS))
  })

  test('the check can fail: a missing row, another cell', () => {
    expect(tableRows('| `a` | yes | in part | no |\n| b | yes |')).toEqual([['a', 'yes', 'in part', 'no']])
  })
})
