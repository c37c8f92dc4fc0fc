import { spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerUnit, Run, Session, Unit } from '@moorage/core'
import { missing } from '../../e2e/harness/engine.ts'
import { missingEngine } from '../contract/docker-subject.ts'
import { thrownMessage } from '../thrown-error.ts'
import { openSession } from './engine-session.ts'

const { signal } = new AbortController()
const IMAGE = 'busybox:1.37'
const CHECKED_IMAGE = 'localhost/moorage-test-health:1'

for (const { name, host = '', reason } of [
  { name: 'docker', host: process.env['DOCKER_HOST'], reason: missing('docker') },
  {
    name: 'docker on podman',
    host: process.env['MOORAGE_TESTBED_PODMAN'],
    reason: missingEngine('MOORAGE_TESTBED_PODMAN'),
  },
]) {
  describe.skipIf(reason)(`settings of containers on ${name}${reason ? ` (${reason})` : ''}`, () => {
    const docker = (...args: string[]): string =>
      spawnSync('docker', ['-H', host, ...args], { encoding: 'utf8' }).stdout
    const isPodman = name.includes('podman')
    let session: Session
    let run: Run
    beforeAll(async () => {
      ;({ session, run } = await openSession(host))
    })
    afterAll(async () => {
      await session.close()
      expect(docker('volume', 'ls', '-q').includes(run.id)).toBe(false)
      expect(docker('network', 'ls').includes(run.id)).toBe(false)
    })

    let count = 0
    const start = (container: Partial<ContainerUnit>, ports = {}): Promise<Unit> =>
      session.start(
        {
          name: `s${count++}`,
          ports,
          env: {},
          sensitive: [],
          container: { image: IMAGE, command: ['sleep', '100'], ...container },
        },
        signal,
      )
    const shell = async (unit: Unit, script: string): Promise<string> => {
      const { stdout = '', stderr = '' } = (await unit.exec?.(['sh', '-c', script], signal)) ?? {}
      return `${stdout}${stderr}`.trim()
    }
    const inspect = (unit: Unit, format: string): string =>
      docker('inspect', '-f', format, (unit.inspect ?? '').split(' ').at(-1) ?? '').trim()

    test.concurrent('the volumes and networks of a run go with it', async () => {
      const own = await openSession(host)
      const container = {
        image: IMAGE,
        command: ['sleep', '100'],
        volumes: { '/shared': { volume: 'data' } },
        networks: { back: {} },
      }
      const ofRun = (): readonly string[] =>
        docker('volume', 'ls', '-q')
          .concat(docker('network', 'ls', '--format', '{{ .Name }}'))
          .split('\n')
          .filter((each) => each.includes(own.run.id))
          .toSorted()
      try {
        await own.session.start({ name: 'a', ports: {}, env: {}, sensitive: [], container }, signal)
        const name = `moorage-${own.run.id}`
        expect(ofRun()).toEqual([name, `${name}-back`, `${name}-data`])
      } finally {
        await own.session.close()
      }
      expect(ofRun()).toEqual([])
    })

    test.concurrent('labels and log options reach the engine, and the labels of the run win', async () => {
      const unit = await start({ labels: { team: 'payments' }, logOptions: { 'max-size': '1m' } })
      expect(inspect(unit, '{{ .Config.Labels.team }} {{ index .Config.Labels "moorage.run" }}')).toBe(
        `payments ${run.id}`,
      )
      // Podman shows the size only by its own API.
      if (!isPodman) expect(inspect(unit, '{{ json .HostConfig.LogConfig }}')).toMatch(/"max-size":"1m"/)
    })

    test.concurrent('a stop signal is sent, and awaited for the grace period; volumes outlive the container', async () => {
      const volumes = { '/shared': { volume: 'signals' } }
      const script = "trap 'echo quit > /shared/signal; exit 0' QUIT; touch /tmp/up; while :; do sleep 0.1; done"
      const unit = await start({ command: ['sh', '-c', script], stopSignal: 'SIGQUIT', stopGrace: 5, volumes })
      await shell(unit, 'until test -e /tmp/up; do sleep 0.05; done')
      await unit.stop()
      expect(await shell(await start({ volumes }), 'cat /shared/signal')).toBe('quit')
    })

    test.concurrent('a UDP port is for the other services: the engine publishes none', async () => {
      const unit = await start({ udpPorts: { dns: 53 } }, { main: 80 })
      expect(inspect(unit, '{{ json .NetworkSettings.Ports }}')).not.toMatch(/udp/)
    })

    test.concurrent('services without a common network do not reach each other', async () => {
      const front = await start({ networks: { front: {} }, aliases: ['web'] })
      const both = await start({ networks: { front: {}, inner: { aliases: ['store'] } } })
      const inner = await start({ networks: { inner: {} } })
      expect(await shell(both, 'ping -c 1 -W 2 web > /dev/null && echo reached')).toBe('reached')
      expect(await shell(inner, 'ping -c 1 -W 2 store > /dev/null && echo reached')).toBe('reached')
      expect(await shell(inner, 'ping -c 1 -W 1 web || echo apart')).toMatch(/^apart$/m)
      expect(await shell(front, 'ping -c 1 -W 1 store || echo apart')).toMatch(/^apart$/m)
    })

    test.concurrent('a read-only root, with files and with a folder in memory', async () => {
      const unit = await start({
        readOnlyRoot: true,
        user: '1000',
        tmpfs: ['/memory'],
        files: { '/etc/app/app.conf': { content: 'a=1' }, '/etc/other': { content: 'b=2' } },
      })
      expect(
        await shell(unit, 'cat /etc/app/app.conf /etc/other; head -c 5 /etc/passwd; touch /memory/y && ls /memory'),
      ).toBe('a=1b=2root:y')
      expect(await shell(unit, "grep ' / ' /proc/mounts")).toMatch(/ ro,/)
    })

    test.concurrent('a folder in memory for a user by name', async () => {
      const unit = await start({ user: 'nobody', tmpfs: ['/memory'], files: { '/memory/x': { content: 'x' } } })
      expect(await shell(unit, 'id -un; cat /memory/x; touch /memory/y && ls /memory')).toBe('nobody\nxx\ny')
    })

    test.concurrent('a folder in memory has the mode that the config asks for, also where the image has the folder', async () => {
      const unit = await start({ tmpfs: [{ path: '/home', mode: 0o750 }, { path: '/new', mode: 0o700 }, '/var/spool'] })
      expect(await shell(unit, 'stat -c %a /home /new')).toBe('750\n700')
    })

    test.concurrent('the log of a service with a terminal is read line by line', async () => {
      const unit = await start({ command: ['sh', '-c', 'echo first; echo "zwölf" >&2; printf last'], tty: true })
      await unit.exited
      const lines: string[] = []
      for await (const { text } of unit.logs({ follow: true })) lines.push(text)
      expect(lines).toEqual(['first', 'zwölf', 'last'])
    })

    test.concurrent('a log that is followed goes on when the engine restarts the service, and ends when it does not', async () => {
      const script =
        'n=$(cat /tmp/n 2>/dev/null || echo 1); echo run $n; echo $((n + 1)) > /tmp/n; sleep 0.5; [ $n = 3 ]'
      const unit = await start({ command: ['sh', '-c', script], restart: 'on-failure' })
      const lines: string[] = []
      for await (const { text } of unit.logs({ follow: true })) lines.push(text)
      expect(lines).toEqual(['run 1', 'run 2', 'run 3'])
      expect(await unit.exited).toMatchObject({ reason: 'exited', code: 0 })
    })

    test.concurrent('a service in a network of its own reaches a server of this machine', async () => {
      const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
      await new Promise((done) => server.once('listening', done))
      try {
        // Podman's bridge exists once a container has joined the network.
        await start({})
        const { port = 0, host: to = '' } = (await session.expose?.((server.address() as AddressInfo).port)) ?? {}
        const unit = await start({ networks: { apart: {} } })
        expect(await shell(unit, `nc -w 3 ${to} ${port} < /dev/null`)).toBe('hello')
      } finally {
        server.close()
      }
    })

    test.concurrent('pull: never is an error where the image is not there; a platform of another machine is named', async () => {
      expect(await thrownMessage(() => start({ image: 'busybox:no-such-tag', pull: 'never' }))).toMatch(
        /^IMAGE_NOT_FOUND\nservices\.s\d+\.image: the engine does not have \S*busybox:no-such-tag, and pull: 'never' forbids pulling it\.\nBuild or pull it first, or remove the setting `pull`\./,
      )
      expect(await thrownMessage(() => start({ platform: 'linux/s390x', pull: 'never' }))).toMatch(
        /^IMAGE_NOT_FOUND\nservices\.s\d+\.image: the engine does not have \S*busybox:1\.37 for linux\/s390x, and /,
      )
    })

    test.concurrent('a fixed port that another program has is named by its key', async () => {
      const server = createServer().listen(0, '0.0.0.0')
      await new Promise((done) => server.once('listening', done))
      const { port } = server.address() as AddressInfo
      try {
        expect(await thrownMessage(() => start({ hostPorts: { main: port } }, { main: 80 }))).toMatch(
          new RegExp(
            `^PORT_IN_USE\nservices\\.s\\d+\\.hostPorts\\.main: port ${port} is in use\\.\nEnd the program that has it, give another port, or remove hostPorts\\.main to get a free one\\.`,
          ),
        )
      } finally {
        server.close()
      }
    })

    test.concurrent.each([
      ['capabilities', { capabilities: { add: ['NO_SUCH'] } }],
      ['logOptions', { logOptions: { 'no-such': '1' } }],
      ['devices', { devices: ['/dev/no-such'] }],
      ['sysctls', { sysctls: { 'kernel.no_such': '1' } }],
      ['user', { user: 'no-such' }],
      ['groups', { groups: ['no-such'] }],
      ['securityOptions', { securityOptions: ['no-such=1'] }],
    ] satisfies readonly (readonly [string, Partial<ContainerUnit>])[])(
      'the engine refuses %s: the message names the key and quotes the engine',
      async (setting, container) => {
        // Podman has no such option of its log, and ignores it.
        if (isPodman && setting === 'logOptions') return
        expect(await thrownMessage(() => start(container))).toMatch(
          new RegExp(
            `^START_FAILED\nservices\\.s\\d+\\.${setting}: the engine does not accept it\\.\nThe engine says: \\w`,
          ),
        )
      },
    )

    // Docker's command line cannot commit an image to Podman.
    test.concurrent('the HEALTHCHECK of an image is read, and the engine does not run it', async () => {
      if (isPodman) return
      const id = docker('create', IMAGE).trim()
      const check = 'HEALTHCHECK --interval=7s --timeout=2s --start-period=3s --retries=4 CMD test -e /ready'
      docker('commit', '--change', check, id, CHECKED_IMAGE)
      docker('rm', id)
      try {
        const unit = await start({ image: CHECKED_IMAGE, pull: 'never' })
        expect(await unit.imageHealthCheck?.(signal)).toEqual({
          test: ['/bin/sh', '-c', 'test -e /ready'],
          intervalMs: 7_000,
          timeoutMs: 2_000,
          startPeriodMs: 3_000,
          retries: 4,
        })
        expect(inspect(unit, '{{ json .Config.Healthcheck }}')).toMatch(/null|NONE/)
        await unit.stop()
        expect(await (await start({})).imageHealthCheck?.(signal)).toBeUndefined()
      } finally {
        docker('rmi', CHECKED_IMAGE)
      }
    })
  })
}
