import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openProject } from '../cli/project.ts'
import { linkBuildPrograms } from '../harness/build-programs.ts'
import { missing, type ProviderName } from '../harness/engine.ts'
import { nerdctl as nerdctlOfProvider, nerdctlEnvironment } from '../harness/nerdctl.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'

const { env } = process
const programs = linkBuildPrograms()
const bin = programs.folder
const registry = env['MOORAGE_TESTBED_REGISTRY'] ?? ''
const containerd = env['MOORAGE_TESTBED_CONTAINERD'] ?? ''
const ON_NODE = ['--address', containerd, '--namespace', 'k8s.io'] as const

afterAll(() => programs[Symbol.dispose]())

interface Subject {
  readonly name: string
  readonly provider: ProviderName
  readonly variables: { readonly [name: string]: string }
}

const SUBJECTS: readonly Subject[] = [
  { name: "Docker's engine", provider: 'docker', variables: {} },
  {
    name: 'nerdctl',
    provider: 'docker',
    variables: nerdctlEnvironment,
  },
  { name: "the node's containerd", provider: 'kubernetes', variables: { CONTAINERD_ADDRESS: containerd } },
  { name: 'a registry', provider: 'kubernetes', variables: { MOORAGE_REGISTRY: registry } },
]

const FILES = {
  'app/Dockerfile': `ARG BASE=busybox:1.37
FROM \${BASE} AS content
COPY . /all
RUN mkdir /site && find /all -type f | sort > /site/index.html
FROM \${BASE}
COPY --from=content /site /site
CMD ["httpd", "-f", "-p", "8080", "-h", "/site"]
`,
  'app/.dockerignore': '*.log\n!kept.log\n',
  'app/kept.log': '',
  'app/other.log': '',
  'moorage.config.ts': `import { build, container, defineConfig } from 'moorage'
export default defineConfig({ services: { web: container({ image: build('app'), ports: { http: 8080 } }) } })
`,
}
const HOLD = 'echo RUNNING; until [ -e go ]; do sleep 0.1; done'
const ASK = `${process.execPath} -e "fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)"`

function nerdctl(...args: readonly string[]): string {
  return execFileSync(join(bin, 'nerdctl'), [...ON_NODE, ...args], {
    encoding: 'utf8',
  })
}

/** Removes what the kubelet has pulled, as its own garbage collector does later. Gives what containers still use. */
function removePulledImages(): readonly string[] {
  const listed = nerdctl('images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}').split('\n')
  const ids = listed.filter((line) => line.endsWith(`${registry}/moorage/web`)).map((line) => line.split(' ')[0] ?? '')
  return ids.filter((id) => spawnSync(join(bin, 'nerdctl'), [...ON_NODE, 'rmi', '--force', id]).status !== 0)
}

/** Every image that moorage has built, in the engine, in the registry and on the node. */
async function builtImages(): Promise<readonly string[]> {
  const engine = execFileSync('docker', ['images', '--all', '--format', '{{.Repository}}:{{.Tag}}'], {
    encoding: 'utf8',
  })
  const nodes = nerdctl('images', '--format', '{{.Repository}}:{{.Tag}}')
  const own = nerdctlOfProvider('images', '--format', '{{.Repository}}:{{.Tag}}')
  const answer = await fetch(`http://${registry}/v2/moorage/web/tags/list`)
  const { tags } = (await answer.json()) as { readonly tags?: readonly string[] | null }
  const named = `${engine}${nodes}${own}`.split('\n').filter((name) => /moorage\/web:(?!<none>)/.test(name))
  return [...named, ...(tags ?? [])]
}

test.for(SUBJECTS)(
  'an image that is built for $name serves, and goes with its run, also after SIGKILL',
  async ({ provider, variables: given }, { skip }) => {
    const reason = missing('docker') ?? missing(provider)
    if (reason) skip(reason)
    const variables = { ...given, ...programs.variables }
    using project = openProject(FILES)
    await using stage = await openStage(project.folder, provider)
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', ASK), variables)
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toContain('/all/.dockerignore\n/all/Dockerfile\n/all/kept.log\n')
    expect(child.output()).toMatch(/^moorage: web building \[/m)
    expect(await builtImages()).toEqual([])

    const killed = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', HOLD), variables)
    await until('tests', () => killed.output().includes('RUNNING'))
    const built = await builtImages()
    expect(built).not.toEqual([])
    for (const name of built) expect(name).toMatch(/dev-[0-9a-f]{8}-[0-9a-f]{12}$/)
    const supervisor = await stage.supervisor()
    killed.kill('SIGKILL')
    process.kill(supervisor, 'SIGKILL')
    await killed.ended
    writeFileSync(join(project.folder, 'go'), '')
    const gc = await stage.start(moorage(project.folder, 'gc'), variables)
    expect(await gc.ended, gc.output()).toEqual({ code: 0, signal: null })
    expect(gc.output()).toMatch(/image/)
    expect(await builtImages()).toEqual([])
    await stage.clean(5_000)
    // A deleted pod still runs for its grace period.
    await expect.poll(removePulledImages, { timeout: 30_000, interval: 250 }).toEqual([])
  },
)

const UNFINISHED = {
  'app/Dockerfile': 'FROM busybox:1.37\nRUN touch /before\nRUN echo waiting && sleep 60\n',
  'moorage.config.ts': FILES['moorage.config.ts'],
}

/** Images, also those without a name, and containers. */
function engineObjects(): readonly string[] {
  return ['images --all --no-trunc', 'ps --all --no-trunc']
    .flatMap((list) => execFileSync('docker', [...list.split(' '), '--quiet'], { encoding: 'utf8' }).split('\n'))
    .toSorted()
}

test.for([
  ['docker', programs.variables],
  // Without a program, the engine itself builds.
  ['the classic builder', { PATH: '/nowhere' }],
] as const)(
  'a build with %s that SIGKILL interrupts ends, and leaves no image and no container',
  async ([, variables], { skip }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    using project = openProject(UNFINISHED)
    await using stage = await openStage(project.folder, 'docker')
    const before = engineObjects()
    const killed = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '--version'), variables)
    await until('the last step', () => killed.output().includes('RUN echo waiting'))
    const supervisor = await stage.supervisor()
    killed.kill('SIGKILL')
    process.kill(supervisor, 'SIGKILL')
    await killed.ended
    const building = (): boolean =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).includes(
        `build --progress plain --tag localhost/moorage`,
      )
    await expect.poll(building, { timeout: 10_000 }).toBe(false)
    const gc = await stage.start(moorage(project.folder, 'gc'), variables)
    expect(await gc.ended, gc.output()).toEqual({ code: 0, signal: null })
    await expect.poll(engineObjects, { timeout: 10_000 }).toEqual(before)
    await stage.clean(5_000)
  },
)
