import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { missing, providers, type ProviderName } from '../harness/engine.ts'
import { moorage, openStage, type Stage } from '../harness/fixture.ts'
import { config, openProject, scripts, type Project } from './project.ts'

const REGISTRY = process.env['MOORAGE_TESTBED_REGISTRY'] ?? '127.0.0.1:5000'
const CANARY = 'canary-0815'
const FAILING: { readonly [provider in ProviderName]: string } = {
  process: `api: npmServer({ env: { API_PASSWORD: '${CANARY}' } })`,
  docker: `api: container({ image: '${REGISTRY}/no-such-image:1', ports: { http: 80 }, env: { API_PASSWORD: '${CANARY}' } })`,
  kubernetes: `api: container({ image: '${REGISTRY}/no-such-image:1', ports: { http: 80 }, env: { API_PASSWORD: '${CANARY}' } })`,
}
/** The call to the engine that a person looks for after such a failure. */
const CALL: { readonly [provider in ProviderName]: object } = {
  process: { area: 'process', event: 'exit', code: 3, role: 'supervisor' },
  docker: { area: 'docker', path: expect.stringMatching(/no-such-image/), status: 404, ms: expect.any(Number) },
  kubernetes: { area: 'kubernetes', method: 'POST', path: expect.stringMatching(/\/pods$/), ms: expect.any(Number) },
}

interface Said {
  readonly code: number | null
  readonly output: string
}

async function exec(stage: Stage, project: Project, env: Record<string, string>): Promise<Said> {
  const script = "console.log(`password ${new URL(process.env.DB_URL ?? 'x:').password}.`)"
  const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '-e', script), {
    ...env,
    MOORAGE_CACHE_DIR: join(stage.world.folder, 'cache'),
  })
  const { code } = await child.ended
  return { code, output: child.output() }
}

function logFile({ output }: Said): string {
  return /The debug log is (\S+\.debug\.jsonl)\./.exec(output)?.[1] ?? output
}

function lines(file: string): readonly { readonly [field: string]: unknown }[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe.each(providers())('on %s', (provider) => {
  test('the message of a failed run names the debug log, which has the failing call and no secret', async ({
    skip,
  }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject({
      'moorage.config.ts': config(FAILING[provider]),
      'package.json': scripts({ start: 'node server.js' }),
      'server.js': 'process.exit(3)',
    })
    await using stage = await openStage(project.folder, provider)
    const said = await exec(stage, project, { MOORAGE_DEBUG: '1' })
    expect(said.code, said.output).toBe(1)
    const file = logFile(said)
    expect(said.output.split('\nmoorage: ').at(-1)).toContain(`The debug log is ${file}.`)
    expect(lines(file)).toContainEqual(expect.objectContaining(CALL[provider]))
    expect(readFileSync(file, 'utf8')).not.toContain(CANARY)
    await stage.clean(10_000)
  })

  test('a run that succeeds: messages of both ends, phases, and not the generated password', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject({ 'moorage.config.ts': config('db: postgres()') })
    await using stage = await openStage(project.folder, provider)
    const said = await exec(stage, project, { MOORAGE_DEBUG: '1' })
    expect(said.code, said.output).toBe(0)
    const file = logFile(said)
    const [, password = ''] = /password (\w+)\./.exec(said.output) ?? []
    expect(password, said.output).toMatch(/^\w{8,}$/)
    expect(readFileSync(file, 'utf8')).not.toContain(password)
    const written = lines(file)
    for (const line of [
      { role: 'runner', area: 'protocol', event: 'answered', method: 'open', ms: expect.any(Number) },
      { role: 'supervisor', area: 'protocol', event: 'receive', method: 'open' },
      { role: 'supervisor', area: 'provisioning', progress: 'phase', service: 'db', phase: 'ready' },
      { role: 'supervisor', area: 'supervisor', event: 'journal' },
      { role: 'supervisor', area: 'supervisor', event: 'shut down' },
      { role: 'supervisor', area: provider },
    ])
      expect(written).toContainEqual(expect.objectContaining(line))
    await stage.clean(10_000)
  })
})

test('without MOORAGE_DEBUG there is no file, and an unknown area lists the known ones', async () => {
  using project = openProject({ 'moorage.config.ts': config('db: postgres()') })
  await using stage = await openStage(project.folder, 'process')
  const listed = await exec(stage, project, { MOORAGE_DEBUG: 'protocol' })
  const file = logFile(listed)
  expect(new Set(lines(file).map(({ area }) => area))).toEqual(new Set(['protocol']))
  rmSync(file)
  const silent = await exec(stage, project, {})
  expect(silent.code, silent.output).toBe(0)
  expect(readdirSync(dirname(file)).filter((name) => name.includes('debug'))).toEqual([])
  const unknown = await exec(stage, project, { MOORAGE_DEBUG: 'dockers' })
  expect(unknown).toMatchObject({ code: 2, output: expect.stringMatching(/no area 'dockers'[^]*protocol, supervisor/) })
})
