import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { BlockList } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { missing } from '../../e2e/harness/engine.ts'
import { freeSubnets } from '../../packages/provider-docker/src/engine/free-subnets.ts'
import { engineAt } from '../../packages/provider-docker/src/engine/engine-address.ts'
import { missingEngine } from '../contract/docker-subject.ts'
import { openSession } from './engine-session.ts'

const { signal } = new AbortController()
const stock = process.env['MOORAGE_TESTBED_STOCK_ENGINE'] ?? ''
const noStock = missingEngine('MOORAGE_TESTBED_STOCK_ENGINE')
const host = process.env['DOCKER_HOST'] ?? ''
const noDocker = missing('docker')
const sleeper = {
  name: 'a',
  ports: {},
  env: {},
  sensitive: [],
  container: { image: 'busybox:1.37', command: ['sleep', '100'] },
}

describe.skipIf(noStock)(`an engine with its built-in address pools${noStock ? ` (${noStock})` : ''}`, () => {
  test('runs more services than it has address ranges for', async () => {
    const { call } = engineAt(stock)
    const fillers: string[] = []
    const create = async (): Promise<boolean> => {
      const body = { Name: `filler-${randomBytes(4).toString('hex')}` }
      const { status, text } = await call({ method: 'POST', path: '/networks/create', body })
      if (status < 300) fillers.push((JSON.parse(text) as { Id: string }).Id)
      return status < 300
    }
    try {
      while (await create());
      expect(fillers.length).toBeGreaterThan(20)
      const opened = await Promise.all(Array.from({ length: 3 }, () => openSession(stock)))
      try {
        await Promise.all(opened.map(({ session }) => session.start(sleeper, signal)))
      } finally {
        await Promise.all(opened.map(({ session }) => session.close()))
      }
    } finally {
      await Promise.all(fillers.map((id) => call({ method: 'DELETE', path: `/networks/${id}` })))
    }
  })
})

describe.skipIf(noDocker)(`the network of a run${noDocker ? ` (${noDocker})` : ''}`, () => {
  test('goes when the last container has left it, even if that is a moment later', async () => {
    const docker = (...args: string[]): string =>
      execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8' }).trim()
    const { session, run } = await openSession(host)
    await session.start(sleeper, signal)
    const foreign = docker('run', '-d', '--network', `moorage-${run.id}`, 'busybox:1.37', 'sleep', '100')
    try {
      const closing = session.close()
      await sleep(300)
      docker('rm', '-f', foreign)
      await closing
      expect(docker('network', 'ls', '-q', '--filter', `name=moorage-${run.id}`)).toBe('')
    } finally {
      docker('rm', '-f', foreign)
    }
  })
})

test('an address range is free when this machine has no route into it', () => {
  const routes = new BlockList()
  routes.addSubnet('198.18.0.0', 16)
  routes.addSubnet('198.19.0.0', 17)
  const found = [...freeSubnets(routes)]
  expect(found.length).toBeGreaterThan(0)
  for (const { subnet, gateway } of found) {
    expect(subnet).toMatch(/^198\.19\.(12[89]|1[3-9]\d|2\d\d)\.(0|128)\/25$/)
    expect(gateway).toBe(subnet.replace(/\d+\/25$/, (rest) => String(Number.parseInt(rest) + 1)))
  }
})
