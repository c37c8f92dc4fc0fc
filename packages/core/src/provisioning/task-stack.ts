import { messageOf, MoorageError } from '../contract/errors.ts'
import { monotonicClock, withTimeout, type Clock } from '../provider-kit/clock.ts'

/** A setup with the teardown that undoes it. */
export interface Task<T> {
  readonly title: string
  /** Titles of tasks that are torn down after this one. */
  readonly needs?: readonly string[]
  setup(): Promise<T>
  /** Also called if `setup` failed or has not settled; then it undoes what exists. */
  teardown(): Promise<void>
}

// Per teardown: an engine that never answers must not block the other teardowns and the end of the run.
export const TEARDOWN_TIMEOUT_MS = 60_000

export interface TeardownResult {
  readonly title: string
  /** Why the teardown failed; absent if it succeeded. */
  readonly failure?: unknown
}

/** What could not be torn down, each with its reason. */
export function teardownFailures(results: readonly TeardownResult[]): readonly string[] {
  return results
    .filter(({ failure }) => failure !== undefined)
    .map(({ title, failure }) => `${title}: ${String(failure)}`)
}

/** Tasks that were set up. They are torn down in reverse order of their needs, as parallel as the needs allow. */
export class TaskStack {
  #tasks: readonly Task<unknown>[] = []
  readonly #clock: Clock
  #unwinding: Promise<readonly TeardownResult[]> | undefined

  constructor(clock: Clock = monotonicClock) {
    this.#clock = clock
  }

  /**
   * Sets a task up. Its teardown is queued first, so that a partial setup, an abort and a failure are all undone.
   * Throws `MoorageError` (ABORTED) once `unwind` was called.
   */
  async run<T>(task: Task<T>): Promise<T> {
    // Teardown has begun, so this task would never be torn down.
    if (this.#unwinding)
      throw new MoorageError('ABORTED', `${task.title} was not started, because everything is being removed.`)
    this.#tasks = [...this.#tasks, task]
    return await task.setup()
  }

  /** Tears every task down. Never rejects: a failed teardown does not stop the others. Later calls join the first. */
  unwind(): Promise<readonly TeardownResult[]> {
    return (this.#unwinding ??= this.#tearDownAll(this.#tasks))
  }

  /** Tears only the tasks with these titles down. Never rejects. `unwind` tries the failed ones again. */
  async tearDown(titles: ReadonlySet<string>): Promise<readonly TeardownResult[]> {
    const results = await this.#tearDownAll(this.#tasks.filter(({ title }) => titles.has(title)))
    const gone = new Set(results.filter(({ failure }) => failure === undefined).map(({ title }) => title))
    this.#tasks = this.#tasks.filter(({ title }) => !gone.has(title))
    return results
  }

  async #tearDownAll(tasks: readonly Task<unknown>[]): Promise<readonly TeardownResult[]> {
    const ends = new Map<string, Promise<TeardownResult>>()
    // Newest first: tasks that need this one were added later, so their results are in the map already.
    for (const task of tasks.toReversed()) {
      const users = tasks.filter((other) => other.needs?.includes(task.title)).map((other) => ends.get(other.title))
      ends.set(
        task.title,
        Promise.all(users).then(() => tearDownTask(task, this.#clock)),
      )
    }
    return await Promise.all(ends.values())
  }
}

async function tearDownTask(task: Task<unknown>, clock: Clock): Promise<TeardownResult> {
  try {
    const late = { title: task.title, failure: `it was not removed within ${TEARDOWN_TIMEOUT_MS / 1000} s` }
    const gone = task.teardown().then((): TeardownResult => ({ title: task.title }))
    return await withTimeout(gone, { clock, ms: TEARDOWN_TIMEOUT_MS, late: (): TeardownResult => late })
  } catch (failure) {
    return { title: task.title, failure: messageOf(failure) }
  }
}
