import { monotonicClock, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'

/** One step up, and its way back. */
export interface Task<T> {
  readonly title: string
  /** Titles of tasks that must outlive this one. */
  readonly needs?: readonly string[]
  setup(): Promise<T>
  /** Called even when `setup` failed or never ended: it undoes what there is. */
  teardown(): Promise<void>
}

// Milliseconds for one teardown: an engine that never answers must not hold up the others, and the end, for ever.
export const TEARDOWN_TIMEOUT_MS = 60_000

export interface TeardownResult {
  readonly title: string
  readonly failure?: unknown
}

/** What is not undone, each with its reason. */
export function teardownFailures(undone: readonly TeardownResult[]): readonly string[] {
  return undone
    .filter(({ failure }) => failure !== undefined)
    .map(({ title, failure }) => `${title}: ${String(failure)}`)
}

/** What is up, and the way down: in reverse of need, as parallel as the needs allow. */
export class TaskStack {
  #tasks: readonly Task<unknown>[] = []
  readonly #clock: Clock
  #unwinding: Promise<readonly TeardownResult[]> | undefined

  constructor(clock: Clock = monotonicClock) {
    this.#clock = clock
  }

  /** The teardown is queued before `setup` is called, so a half-start, an abort and a failure share one way down. */
  async run<T>(task: Task<T>): Promise<T> {
    // Nobody would undo it.
    if (this.#unwinding)
      throw new MoorageError('ABORTED', `${task.title} was not begun: everything is being taken down.`)
    this.#tasks = [...this.#tasks, task]
    return await task.setup()
  }

  /** Never rejects; a failed teardown stops none of the others. Later calls join the first. */
  unwind(): Promise<readonly TeardownResult[]> {
    return (this.#unwinding ??= this.#unwind(this.#tasks))
  }

  /** Takes these down and nothing else. Never rejects; what failed is tried again at the end. */
  async undo(titles: ReadonlySet<string>): Promise<readonly TeardownResult[]> {
    const undone = await this.#unwind(this.#tasks.filter(({ title }) => titles.has(title)))
    const gone = new Set(undone.filter(({ failure }) => failure === undefined).map(({ title }) => title))
    this.#tasks = this.#tasks.filter(({ title }) => !gone.has(title))
    return undone
  }

  async #unwind(tasks: readonly Task<unknown>[]): Promise<readonly TeardownResult[]> {
    const ends = new Map<string, Promise<TeardownResult>>()
    // Newest first: whoever needs a task was added after it, so its end is already in the map.
    for (const task of tasks.toReversed()) {
      const users = tasks.filter((other) => other.needs?.includes(task.title)).map((other) => ends.get(other.title))
      ends.set(
        task.title,
        Promise.all(users).then(() => tearDown(task, this.#clock)),
      )
    }
    return await Promise.all(ends.values())
  }
}

async function tearDown(task: Task<unknown>, clock: Clock): Promise<TeardownResult> {
  try {
    const late = { title: task.title, failure: `it was not gone within ${TEARDOWN_TIMEOUT_MS / 1000} s` }
    const gone = task.teardown().then((): TeardownResult => ({ title: task.title }))
    return await withTimeout(gone, { clock, ms: TEARDOWN_TIMEOUT_MS, late: (): TeardownResult => late })
  } catch (failure) {
    return { title: task.title, failure: messageOf(failure) }
  }
}
