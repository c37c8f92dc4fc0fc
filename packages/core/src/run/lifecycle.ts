import { messageOf } from '../errors.ts'

/** One step up, and its way back. */
export interface Task<T> {
  readonly title: string
  /** Titles of tasks that must outlive this one. */
  readonly needs?: readonly string[]
  setup(): Promise<T>
  /** Called even when `setup` failed or never ended: it undoes what there is. */
  teardown(): Promise<void>
}

export interface Undone {
  readonly title: string
  readonly failure?: unknown
}

/** What is up, and the way down: in reverse of need, as parallel as the needs allow. */
export class Lifecycle {
  readonly #tasks: Task<unknown>[] = []
  #unwinding: Promise<readonly Undone[]> | undefined

  /** The teardown is queued before `setup` is called, so a half-start, an abort and a failure share one way down. */
  async run<T>(task: Task<T>): Promise<T> {
    this.#tasks.push(task)
    return await task.setup()
  }

  /** Never rejects; a failed teardown stops none of the others. Later calls join the first. */
  unwind(): Promise<readonly Undone[]> {
    return (this.#unwinding ??= this.#unwind())
  }

  async #unwind(): Promise<readonly Undone[]> {
    const ends = new Map<string, Promise<Undone>>()
    // Newest first: whoever needs a task was added after it, so its end is already in the map.
    for (const task of this.#tasks.toReversed()) {
      const users = this.#tasks.filter((other) => other.needs?.includes(task.title)).map((other) => ends.get(other.title))
      ends.set(task.title, Promise.all(users).then(() => undo(task)))
    }
    return await Promise.all(ends.values())
  }
}

async function undo(task: Task<unknown>): Promise<Undone> {
  try {
    await task.teardown()
    return { title: task.title }
  } catch (failure) {
    return { title: task.title, failure: messageOf(failure) }
  }
}
