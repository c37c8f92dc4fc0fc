/** A guarantee, taken out of the source: the named test has to notice. */
export interface Mutant {
  readonly name: string
  /** What users are promised, and would lose. */
  readonly guarantee: string
  readonly file: string
  /** Occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
  readonly test: TestRef
  /** In the failed test's message: it has to fail for this reason. */
  readonly says: RegExp
  /** Runs on the sources in seconds and needs no engine: part of `npm test`. */
  readonly quick: boolean
}

export interface TestRef {
  readonly project: 'unit' | 'contract' | 'e2e'
  readonly file: string
  /** The test's full name, as Vitest takes it for `-t`: `describe > test`. */
  readonly name: string
}

const lifecycle = (name: string): TestRef => ({
  project: 'unit',
  file: 'test/core/provisioning/task-stack.test.ts',
  name,
})
const objects = (name: string): TestRef => ({
  project: 'contract',
  file: 'test/provider-docker/stop.test.ts',
  name: `objects on docker > ${name}`,
})
const hash = (name: string): TestRef => ({ project: 'unit', file: 'test/core/config/hash.test.ts', name })

export const mutants: readonly Mutant[] = [
  {
    name: 'lifeline off',
    guarantee: 'services go when the last client is gone, whatever killed it',
    file: 'packages/core/src/supervisor/supervisor.ts',
    find: "this.#shutDownIfUnused('the last client disconnected')",
    replace: '',
    test: {
      project: 'e2e',
      file: 'e2e/runners/signals.test.ts',
      name: 'on process, nothing is left 5 s after > SIGKILL of Vitest during tests',
    },
    says: /left behind: process: .*moorage supervisor/,
    quick: false,
  },
  {
    name: 'journal off',
    guarantee: 'the next start removes what a killed supervisor left',
    file: 'packages/core/src/recovery/journal.ts',
    find: 'recordEntry: (provider, entry) => append({ provider, entry }),',
    replace: 'recordEntry: () => {},',
    test: {
      project: 'e2e',
      file: 'e2e/runners/supervisor.test.ts',
      name: 'on process > supervisor and client killed together: the next start removes what they left',
    },
    says: /left behind: (temporary )?file: \S*moorage-dev-/,
    quick: false,
  },
  {
    name: 'reverse unwind off',
    guarantee: 'a service outlives those that need it',
    file: 'packages/core/src/provisioning/task-stack.ts',
    find: 'tasks.filter((other) => other.needs?.includes(task.title))',
    replace: 'tasks.filter(() => false)',
    test: lifecycle('a service goes only when everything that needs it is gone'),
    says: /db goes/,
    quick: true,
  },
  {
    name: 'unwind stops at a failure',
    guarantee: 'a failed teardown stops none of the others',
    file: 'packages/core/src/provisioning/task-stack.ts',
    find: 'return { title: task.title, failure: messageOf(failure) }',
    replace: 'throw new RangeError(messageOf(failure))',
    test: lifecycle('a failed teardown stops none of the others, and is told'),
    says: /the engine is gone/,
    quick: true,
  },
  {
    name: 'teardown queued after setup',
    guarantee: 'half-starts and aborted starts are undone',
    file: 'packages/core/src/provisioning/task-stack.ts',
    find: 'this.#tasks = [...this.#tasks, task]\n    return await task.setup()',
    replace: 'const made = await task.setup()\n    this.#tasks = [...this.#tasks, task]\n    return made',
    test: lifecycle('a teardown is queued before its setup: a failed and an unfinished start are undone too'),
    says: /expected \[\] to deeply equal \[ Array\(4\) \]/,
    quick: true,
  },
  {
    name: 'hash without files',
    guarantee: 'a changed seed file is a changed environment, another checkout is not',
    file: 'packages/core/src/config/hash.ts',
    find: "{ $content: hashFile(object['$file']) }",
    replace: "{ $content: object['$file'] }",
    test: hash('another hash: a changed content'),
    says: /not to be/,
    quick: true,
  },
  {
    name: 'hash by path',
    guarantee: 'the same files in another folder are the same environment',
    file: 'packages/core/src/config/hash.ts',
    find: "{ $content: hashFile(object['$file']) }",
    replace: "{ $content: hashFile(object['$file']) + object['$file'] }",
    test: hash('the same content in another folder has the same hash, whatever its times'),
    says: /expected '[0-9a-f]+…' to be '/,
    quick: true,
  },
  {
    name: 'hash without the executable bit',
    guarantee: 'a script that became executable is a changed environment',
    file: 'packages/core/src/config/hash.ts',
    find: '(stat.mode & 0o111) !== 0',
    replace: 'true',
    test: hash('another hash: the executable bit'),
    says: /not to be/,
    quick: true,
  },
  {
    name: 'hash follows links',
    guarantee: 'a link is told from a copy, and a circle of links ends',
    file: 'packages/core/src/config/hash.ts',
    find: 'return leadsOut ? hashEntry(target, [...roots, target])',
    replace: 'return target !== undefined ? hashEntry(target, roots)',
    test: hash('a link out of the folder is followed, and a circle of links ends'),
    says: /Maximum call stack/,
    quick: true,
  },
  {
    name: 'hash in the order of keys',
    guarantee: 'the order in which options are written does not matter',
    file: 'packages/core/src/config/hash.ts',
    find: 'sha256(canonical(withContents(value)))',
    replace: 'sha256(JSON.stringify(withContents(value)))',
    test: hash('the order of keys does not count, the order of a list does'),
    says: /expected '[0-9a-f]+…' to be '/,
    quick: true,
  },
  {
    name: 'watcher off',
    guarantee: 'a process ends with its supervisor, whatever killed it',
    file: 'packages/provider-process/src/watcher.ts',
    find: 'read -r _ <&3\n',
    replace: 'exit\n',
    test: {
      project: 'contract',
      file: 'test/provider-process/watcher.test.ts',
      name: 'a service ends by itself when its supervisor is killed',
    },
    says: /to deeply equal \[\]/,
    quick: true,
  },
  {
    name: 'watcher leaves who has left its group',
    guarantee: 'a process that detached itself goes with its service',
    file: 'packages/provider-process/src/watcher.ts',
    find: 'kill -s KILL "\\${pid%/environ}"',
    replace: ':',
    test: {
      project: 'contract',
      file: 'test/provider-process/watcher.test.ts',
      name: 'one that ignores its stop signal is killed after the grace, with what has left its group',
    },
    says: /to deeply equal \[\]/,
    quick: false,
  },
  {
    name: 'watcher looks only once',
    guarantee: 'a service that bears children while it is killed goes with all of them',
    file: 'packages/provider-process/src/watcher.ts',
    find: 'rounds=100',
    replace: 'rounds=1',
    test: {
      project: 'contract',
      file: 'test/provider-process/labels.test.ts',
      name: 'a service that breeds ends with its supervisor, and its port is free',
    },
    says: /to deeply equal \[\]/,
    quick: false,
  },
  {
    name: 'setsid children left',
    guarantee: 'what has left the group of a service goes when the service is stopped',
    file: 'packages/provider-process/src/stop.ts',
    find: "  await endMarkedProcesses(mark, { stopSignal: 'SIGKILL', graceMs: 0 })\n",
    replace: '',
    test: {
      project: 'contract',
      file: 'test/provider-process/labels.test.ts',
      name: 'a service that forks-twice ends with its session, and its port is free',
    },
    says: /to deeply equal \[\]/,
    quick: true,
  },
  {
    name: 'declared volumes stay',
    guarantee: 'the volume that an image declares goes with its container',
    file: 'packages/provider-docker/src/stop.ts',
    find: 'force=1&v=1',
    replace: 'force=1&v=0',
    test: objects('the volume that an image declares goes with its container'),
    says: /to be/,
    quick: false,
  },
  {
    name: 'container removed by its name',
    guarantee: "somebody else's container of the same name is not touched",
    file: 'packages/provider-docker/src/start.ts',
    find: 'await removeRunContainers(client, run.id, name).catch(ignoreConnectionLost)\n    await Promise.race',
    replace: "await client.call({ method: 'DELETE', path: `/containers/${name}?force=1` })\n    await Promise.race",
    test: objects(
      'a container that somebody else made under the same name is not touched, whatever becomes of the start',
    ),
    says: /to be '[0-9a-f]+/,
    quick: false,
  },
  {
    name: 'engine dies unseen',
    guarantee: 'services of an engine that died are told as lost while tests run',
    file: 'packages/provider-docker/src/wait-for-exit.ts',
    find: 'if (!found?.state) return lost',
    replace: 'if (!found?.state) return await new Promise<never>(() => {})',
    test: {
      project: 'e2e',
      file: 'e2e/providers/docker.test.ts',
      name: 'an engine that is killed and starts again in mid-run: its services are told as lost, and it keeps nothing for longer than to the next start',
    },
    says: /not within 3000 ms: its word/,
    quick: false,
  },
  {
    name: 'restricted address off',
    guarantee: 'ports of containers are reachable from this machine only',
    file: 'packages/provider-docker/src/engine/network.ts',
    find: "bindAddress: '127.0.0.1', dialAddress: '127.0.0.1'",
    replace: "bindAddress: '0.0.0.0', dialAddress: '127.0.0.1'",
    test: {
      project: 'contract',
      file: 'test/provider-docker/published-ports.test.ts',
      name: 'ports on docker > every published port is on 127.0.0.1 only',
    },
    says: /HostIp|to deeply equal/,
    quick: false,
  },
  {
    name: 'temporary server taken for ready',
    guarantee: 'a URL is given when the real server answers, not the one that sets up the users',
    file: 'packages/services/src/presets/mongodb.ts',
    find: '[isPrimary, requiresLogin]',
    replace: '[isPrimary]',
    test: {
      project: 'contract',
      file: 'test/provider-docker/mongodb-readiness.test.ts',
      name: 'mongodb with a root user > is not ready while the temporary server of its image answers',
    },
    says: /MongoDB init process complete/,
    quick: false,
  },
  {
    name: 'slot not in the database name',
    guarantee: 'two workers never have the same database',
    file: 'packages/core/src/worker/slot-name.ts',
    find: '${(processStart(runner) ?? 0).toString(36)}_${slot}`',
    replace: '${(processStart(runner) ?? 0).toString(36)}_1`',
    test: {
      project: 'e2e',
      file: 'e2e/runners/isolation.test.ts',
      name: '12: a database for each worker, on process (db,cache) > 8 workers at once do not collide',
    },
    says: /Tests +\d+ failed/,
    quick: false,
  },
  {
    name: 'runner not in the database name',
    guarantee: 'two runs that share their services never have the same database',
    file: 'packages/core/src/worker/slot-name.ts',
    find: '${hostHash()}_${runner}_${(processStart(runner) ?? 0).toString(36)}_${slot}',
    replace: '${slot}',
    test: {
      project: 'e2e',
      file: 'e2e/runners/isolation.test.ts',
      name: '12: two checkouts, and two runs of one that share their services, do not collide',
    },
    says: /Tests +\d+ failed/,
    quick: false,
  },
  {
    name: 'template not sealed',
    guarantee: 'nobody can open a session on what databases are cloned from, which would make every clone fail',
    file: 'packages/services/src/isolation/postgres.ts',
    find: ' ALLOW_CONNECTIONS false IS_TEMPLATE true',
    replace: ' IS_TEMPLATE true',
    test: {
      project: 'contract',
      file: 'test/contract/isolation.test.ts',
      name: 'a PostgreSQL that is isolated > no session can be opened on what the clones are made of',
    },
    says: /resolved .* instead of rejecting/,
    quick: false,
  },
  {
    name: 'fresh database not fresh',
    guarantee: 'each test begins with what the seed made',
    file: 'packages/services/src/isolation/postgres.ts',
    find: 'if (exists && fresh) await dropDatabase(sql, name)',
    replace: 'if (exists && fresh) return { ...connection, database: name, url: databaseUrl(connection, name) }',
    test: {
      project: 'contract',
      file: 'test/contract/isolation.test.ts',
      name: 'a PostgreSQL that is isolated > a slot is kept until it is to be fresh; then sessions on it are ended, and the shared database is never touched',
    },
    says: /to deeply equal/,
    quick: false,
  },
  {
    name: 'given database isolated',
    guarantee: 'a database that the user has given is never reset or dropped',
    file: 'packages/core/src/worker/acquire-slot.ts',
    find: 'if (isolated.given !== undefined) throw givenByUser(service, isolated.given)',
    replace: '',
    test: {
      project: 'unit',
      file: 'test/core/worker/acquire-slot.test.ts',
      name: 'no services, a name that is none, a service that is given: each refused in words',
    },
    says: /Invalid URL/,
    quick: true,
  },
]
