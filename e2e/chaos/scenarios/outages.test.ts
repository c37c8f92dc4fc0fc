import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { config, openProject } from '../../cli/project.ts'
import { missing, type ProviderName } from '../../harness/engine.ts'
import { moorage, openStage, until } from '../../harness/fixture.ts'
import { dockerPart } from '../../testbed/docker-part.ts'
import { running, start, stop } from '../../testbed/programs.ts'
import { chosen } from '../options.ts'

const { providers } = chosen()
const site = { 'site/index.html': 'hello', 'moorage.config.ts': config("web: staticServer({ root: 'site' })") }
const ASK = `fetch(process.env.WEB_URL, { signal: AbortSignal.timeout(8000) }).then((r) => r.text()).catch(() => 'away').then((t) => console.log('ASKED ' + t))`
const ask = `'${process.execPath}' -e "${ASK}"`

/** A run that asks its page, waits for a file, and asks again until it gets an answer: that often, once a second. */
async function interrupted(
  provider: ProviderName,
  { tries, gone }: { readonly tries: number; readonly gone?: number },
  disturb: () => Promise<void>,
): Promise<string> {
  using project = openProject(site)
  await using stage = await openStage(project.folder, provider)
  const go = join(stage.world.folder, 'go')
  const again = `n=0; while [ $n -lt ${tries} ]; do out=$(${ask}); echo "$out"; case "$out" in *hello*) break;; esac; n=$((n+1)); sleep 1; done`
  const child = await stage.start(
    moorage(
      project.folder,
      'exec',
      '--',
      'sh',
      '-c',
      `${ask}; while [ ! -e "$1" ]; do sleep 0.1; done; ${again}`,
      'ask',
      go,
    ),
  )
  await until(`the first answer:\n${child.output()}`, () => child.output().includes('ASKED hello'))
  await disturb()
  writeFileSync(go, '')
  await child.ended
  await stage.clean(10_000, gone)
  return child.output()
}

/** Only a process of the test bed's, by the id that it has written down. */
async function stopped(pid: number | undefined, seconds: number): Promise<void> {
  if (pid === undefined) throw new RangeError('the test bed has no such process')
  process.kill(pid, 'SIGSTOP')
  try {
    await sleep(seconds * 1_000)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

test.runIf(providers.includes('kubernetes'))(
  'the API server is stopped for 60 s: the run survives, and the same address answers afterwards',
  async ({ skip }) => {
    const reason = missing('kubernetes')
    if (reason) skip(reason)
    const said = await interrupted('kubernetes', { tries: 60 }, () => stopped(running('kube-apiserver'), 60))
    expect(said).toMatch(/ASKED hello[^]*ASKED hello/)
    expect(said).toMatch(/heartbeat did not reach|API does not answer\. The run continues/)
  },
)

test.runIf(providers.includes('kubernetes'))(
  'the API server is stopped for 5 min, longer than the grace: the run goes on, or is reported as gone; nothing is left',
  async ({ skip }) => {
    const reason = missing('kubernetes')
    if (reason) skip(reason)
    // The deletion of the namespace is accepted at once, as after every run; controllers and kubelet come back by a
    // backoff of their own.
    const said = await interrupted('kubernetes', { tries: 60, gone: 120_000 }, () =>
      stopped(running('kube-apiserver'), 300),
    )
    expect(said).toMatch(/ASKED hello[^]*(ASKED hello|The cluster deleted the run)/)
  },
)

test.runIf(providers.includes('docker'))(
  'the engine is restarted in mid-run: the run gets an error, or goes on; nothing is left',
  async ({ skip }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    const engine = dockerPart.programs().find(({ name }) => name === 'dockerd')
    if (!engine) throw new RangeError('the test bed has no dockerd')
    const said = await interrupted('docker', { tries: 3 }, async () => {
      await stop(engine)
      await start(engine)
    })
    expect(said).toMatch(/ASKED hello[^]*ASKED (hello|away)/)
    process.stdout.write(`${said}\n`)
  },
)
