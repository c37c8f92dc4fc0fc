import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TaskStack, type Task } from '../../../packages/core/src/provisioning/task-stack.ts'

/** A task that writes down its beginning and its end, and takes its time to go down. */
function recorder(): { readonly events: string[]; task(title: string, needs?: readonly string[]): Task<string> } {
  const events: string[] = []
  const task = (title: string, needs: readonly string[] = []): Task<string> => ({
    title,
    needs,
    setup: () => Promise.resolve(title),
    async teardown() {
      events.push(`${title} goes`)
      await sleep(20)
      events.push(`${title} gone`)
    },
  })
  return { events, task }
}

test('a service goes only when everything that needs it is gone', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  await tasks.run(task('session'))
  await tasks.run(task('db', ['session']))
  await tasks.run(task('server', ['session', 'db']))
  await tasks.unwind()
  expect(events).toEqual(['server goes', 'server gone', 'db goes', 'db gone', 'session goes', 'session gone'])
})

test('services that do not need each other go at the same time', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  await tasks.run(task('session'))
  await Promise.all([tasks.run(task('a', ['session'])), tasks.run(task('b', ['session']))])
  await tasks.unwind()
  expect(events.slice(0, 2).toSorted()).toEqual(['a goes', 'b goes'])
  expect(events.slice(-2)).toEqual(['session goes', 'session gone'])
})

test('a failed teardown stops none of the others, and is reported', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  await tasks.run(task('session'))
  await tasks.run({
    ...task('db', ['session']),
    teardown: () => Promise.reject(new RangeError('the engine is gone')),
  })
  const undone = await tasks.unwind()
  expect(undone.toSorted((a, b) => a.title.localeCompare(b.title))).toEqual([
    { title: 'db', failure: 'the engine is gone' },
    { title: 'session' },
  ])
  expect(events).toEqual(['session goes', 'session gone'])
})

test('a teardown is queued before its setup: a failed and an unfinished start are undone too', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  const failed = tasks.run({ ...task('failed'), setup: () => Promise.reject(new RangeError('no image')) })
  await expect(failed).rejects.toThrow('no image')
  void tasks.run({ ...task('endless'), setup: () => new Promise<string>(() => {}) })
  await tasks.unwind()
  expect(events.toSorted()).toEqual(['endless goes', 'endless gone', 'failed goes', 'failed gone'])
})

test('going down twice is going down once', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  await tasks.run(task('db'))
  const [first, second] = await Promise.all([tasks.unwind(), tasks.unwind()])
  expect(first).toBe(second)
  expect(events).toEqual(['db goes', 'db gone'])
})

test('after teardown has begun no task starts, because it would never be undone', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  await tasks.unwind()
  await expect(tasks.run(task('late'))).rejects.toMatchObject({
    code: 'ABORTED',
    message: 'late was not started, because everything is being removed.',
  })
  expect(events).toEqual([])
})

test('some go on their own, in the order of their needs, and the others at the end', async () => {
  const { events, task } = recorder()
  const tasks = new TaskStack()
  for (const [title, needs] of [
    ['session'],
    ['db', ['session']],
    ['api', ['session', 'db']],
    ['page', ['session']],
  ] as const)
    await tasks.run(task(title, needs))
  expect(await tasks.tearDown(new Set(['db', 'api']))).toEqual([{ title: 'api' }, { title: 'db' }])
  expect(events).toEqual(['api goes', 'api gone', 'db goes', 'db gone'])
  await tasks.run(task('db', ['session']))
  events.length = 0
  await tasks.unwind()
  expect(events.filter((event) => event.endsWith('gone')).toSorted()).toEqual(['db gone', 'page gone', 'session gone'])
})

test('one that could not go on its own is tried again at the end', async () => {
  let tries = 0
  const tasks = new TaskStack()
  const stubborn = (): Promise<void> => (++tries === 1 ? Promise.reject(new RangeError('busy')) : Promise.resolve())
  await tasks.run({ title: 'db', setup: () => Promise.resolve(), teardown: stubborn })
  expect(await tasks.tearDown(new Set(['db']))).toEqual([{ title: 'db', failure: 'busy' }])
  expect(await tasks.unwind()).toEqual([{ title: 'db' }])
  expect(tries).toBe(2)
})
