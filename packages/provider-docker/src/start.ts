import {
  HOST_ACCESS_NAME,
  MoorageError,
  readFileTrees,
  exitSignal,
  type ContainerUnit,
  type Exit,
  type HostPortProxies,
  type Report,
  type Run,
  type Unit,
  type UnitSpec,
} from '@moorage/core'
import { addressOf } from './endpoint.ts'
import { isAway, leaveToSession, saidBy } from './errors.ts'
import type { Adjust, Client } from './engine/client.ts'
import { call } from './engine/find-engine.ts'
import { execIn } from './exec.ts'
import { labelsOf } from './labels.ts'
import { readLogs } from './logs.ts'
import type { RunNetwork } from './engine/network.ts'
import { pullIfAbsent } from './engine/pull.ts'
import { removeContainer, removeRun } from './stop.ts'

/** What the starts of one session share. */
export interface Work {
  readonly client: Promise<Client>
  readonly run: Run
  readonly report: Report
  readonly network: Promise<RunNetwork>
  readonly relays: HostPortProxies
}

/** Starts a service as a container; resolves when it runs, which says nothing of its readiness. */
export async function startUnit(work: Work, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { run, report } = work
  const { image, stopGrace, hostAccess } = spec.container as ContainerUnit
  signal.throwIfAborted()
  const client = await work.client
  await pullIfAbsent(client, { service: spec.name, image }, { report, signal })
  const network = await work.network
  const hosts = hostAccess
    ? [`${HOST_ACCESS_NAME}:${await work.relays.openSamePorts(hostAccess === true ? [] : hostAccess)}`]
    : []
  signal.throwIfAborted()
  report.phase(spec.name, 'start')
  const name = `moorage-${run.id}-${spec.name.toLowerCase()}`
  const { host } = client
  report.journal({ kind: 'container', name, host })
  const exit = Promise.withResolvers<Exit>()
  let id = name
  const created = async (given: string): Promise<void> => {
    id = given
    report.journal({ kind: 'container', id, host })
    watchExit(client, id, exit.resolve)
  }
  const starting = client.create(image, { ...adjustments({ run, spec, network, name, hosts }), created }).start()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // A container that has ended already never shows its ports: do not wait for them.
    await Promise.race([starting, exit.promise, aborted.promise])
  } catch (error) {
    await removeRun(client, run.id, name).catch(leaveToSession)
    await Promise.race([starting.catch(() => {}), exit.promise])
    await removeRun(client, run.id, name).catch(leaveToSession)
    signal.throwIfAborted()
    throw isAway(error as object) ? error : translate(error, spec, image)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  starting.catch(() => {})
  const address = addressOf(client, network, id)
  let stopping: Promise<void> | undefined
  const exited = exit.promise.then((end) => (stopping ? new Promise<never>(() => {}) : end))
  return {
    endpoint: (port, from) =>
      from === 'network' ? Promise.resolve({ host: spec.name.toLowerCase(), port }) : address.published(port),
    ...(address.portProblem ? { portProblem: address.portProblem } : {}),
    inspect: `docker logs ${name}`,
    logs: (options) => readLogs(client, id, options),
    exited,
    stop: () => (stopping ??= removeContainer(client.ask, id, stopGrace).catch(leaveToSession)),
    exec: (command, abort) => execIn(client, { id, command }, abort),
  }
}

function adjustments({
  run,
  spec,
  network,
  name,
  hosts,
}: {
  run: Run
  spec: UnitSpec
  network: RunNetwork
  name: string
  hosts: readonly string[]
}): Omit<Adjust, 'created'> {
  const unit = spec.container as ContainerUnit
  const ports = Object.values(spec.ports).map((port) => `${port}/tcp`)
  return {
    options: {
      name,
      Labels: labelsOf(run),
      Env: Object.entries(spec.env).map(([variable, value]) => `${variable}=${value}`),
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: [spec.name.toLowerCase()] } } },
      ...(unit.command ? { Cmd: unit.command } : {}),
      ...(unit.entrypoint ? { Entrypoint: unit.entrypoint } : {}),
      ...(unit.user === undefined ? {} : { User: unit.user }),
      ...(unit.workingDir === undefined ? {} : { WorkingDir: unit.workingDir }),
    },
    network: network.name,
    hostConfig: {
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: network.bind, HostPort: '0' }]])),
      SecurityOpt: ['no-new-privileges'],
      ...(hosts.length ? { ExtraHosts: hosts } : {}),
      Tmpfs: Object.fromEntries((unit.tmpfs ?? []).map((path) => [path, tmpfsOptions(unit.user)])),
    },
    parcels: readFileTrees(unit.files),
  }
}

// The user as owner: runc gives the mount the mode of the image's folder, whatever mode is asked for.
function tmpfsOptions(user: string | undefined): string {
  const [uid, gid = uid] = user?.split(':') ?? []
  return `rw,exec,mode=1777${uid === undefined ? '' : `,uid=${uid},gid=${gid}`}`
}

/** Asked before the start, so that even the quickest end is seen. */
function watchExit({ engine, host }: Client, id: string, done: (exit: Exit) => void): void {
  // Not by the SDK: its answer never comes when the engine dies in the middle of it.
  const seen = async (): Promise<Exit> => {
    const { text } = await call(host, { method: 'POST', path: `/containers/${id}/wait?condition=next-exit` })
    const { StatusCode: code } = JSON.parse(text) as { readonly StatusCode?: number }
    if (code === undefined) throw new RangeError(text)
    const state = await engine
      .getContainer(id)
      .inspect()
      .then(
        ({ State }) => State,
        () => undefined,
      )
    return {
      reason: 'exited',
      code,
      ...(state?.OOMKilled ? { detail: 'out of memory' } : {}),
      ...(code > 128 ? exitSignal(code) : {}),
    }
  }
  void seen()
    .catch((): Exit => ({
      reason: 'lost',
      detail: 'the engine stopped answering, or the container was removed by somebody else',
    }))
    .then(done)
}

function translate(error: unknown, { name }: UnitSpec, image: string): MoorageError {
  const said = saidBy(error)
  const details = { service: name, provider: 'docker', phase: 'start' as const, cause: error }
  if (/executable file not found|no such file or directory|permission denied/i.test(said)) {
    return new MoorageError('START_FAILED', `services.${name}.command: ${image} cannot run it.`, {
      ...details,
      hint: `The engine says: ${said}\nCorrect the command; it must exist inside the image.`,
    })
  }
  return new MoorageError('START_FAILED', `services.${name}: the engine did not start it.`, {
    ...details,
    hint: `It says: ${said}`,
  })
}
