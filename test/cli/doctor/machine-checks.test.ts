import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { release } from 'node:os'
import type { ServiceSpec } from '@moorage/core'
import type { Plan } from '@moorage/core/runner'
import { describe, expect, test } from 'vitest'
import { checkDisk } from '../../../packages/cli/src/doctor/check-disk.ts'
import { checkPorts } from '../../../packages/cli/src/doctor/check-ports.ts'
import { checkRegistries } from '../../../packages/cli/src/doctor/check-registry-credentials.ts'
import { checkVersions } from '../../../packages/cli/src/doctor/check-versions.ts'
import { runChecks } from '../../../packages/cli/src/doctor/run-checks.ts'
import { temporaryProject } from './temporary-project.ts'

function planOf(container: Partial<ServiceSpec['container']>): Plan {
  return { services: { app: { spec: { preset: 'container', ports: { http: 80 }, container } } } } as unknown as Plan
}

describe('versions', () => {
  test('of moorage, Node and the packages of the project', () => {
    using project = temporaryProject({
      'node_modules/vitest/package.json': '{"version":"4.0.1"}',
      'node_modules/@playwright/test/package.json': '{"version":"1.49.0"}',
      'node_modules/testcontainers/package.json': 'broken',
      'a/b/package.json': '{}',
    })
    const lines = checkVersions({ version: '1.2.3', root: `${project.folder}/a/b` })
    expect(lines).toEqual([
      {
        status: 'ok',
        text: `moorage 1.2.3, Node ${process.versions.node}, ${process.platform} ${release()} ${process.arch}`,
      },
      { status: 'ok', text: 'vitest 4.0.1' },
      {
        status: 'warning',
        text: '@playwright/test 1.49.0 is older than 1.50, the oldest version that moorage works with',
        fix: 'Install a newer one: npm install --save-dev @playwright/test@latest.',
      },
    ])
  })
})

describe('disk', () => {
  test('a folder with space, and one that does not exist yet', () => {
    using project = temporaryProject({})
    const [, cache] = checkDisk({ env: { MOORAGE_CACHE_DIR: `${project.folder}/not/yet` } })
    expect(cache).toEqual({
      status: 'ok',
      text: expect.stringMatching(
        new RegExp(`^\\d.* of \\d.* free in ${project.folder}/not/yet \\(cache, sockets and journals\\)$`),
      ),
    })
  })

  test('a full one', () => {
    // The file system of the kernel has no blocks.
    expect(checkDisk({ env: { MOORAGE_CACHE_DIR: '/proc/moorage' } })[1]).toEqual({
      status: 'problem',
      text: '0 MiB of 0 MiB free in /proc/moorage (cache, sockets and journals)',
      fix: 'Set MOORAGE_CACHE_DIR to another folder.',
    })
  })
})

describe('ports', () => {
  test('none is fixed, or there is no config', async () => {
    expect(await checkPorts({ plan: planOf({}) })).toEqual([
      { status: 'ok', text: 'the config fixes no port of this machine: each start takes free ones' },
    ])
    expect(await checkPorts({})).toEqual([])
  })

  test('one is free, one is taken', async () => {
    await using server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const taken = {
      status: 'warning',
      text: `services.app.hostPorts.http: port ${port} is in use`,
      fix: 'If a run of this project does not hold it (moorage ls), end the program that does, or choose another port.',
    }
    expect(await checkPorts({ plan: planOf({ hostPorts: { http: port } }) })).toEqual([taken])
    server.close()
    await once(server, 'close')
    expect(await checkPorts({ plan: planOf({ hostPorts: { http: port } }) })).toEqual([
      { status: 'ok', text: `services.app.hostPorts.http: port ${port} is free` },
    ])
  })
})

describe('registry credentials', () => {
  const auth = Buffer.from('me:hidden').toString('base64')
  const check = (image: string, config: object | string): ReturnType<typeof runChecks> => {
    const text = typeof config === 'string' ? config : JSON.stringify(config)
    const env = { DOCKER_AUTH_CONFIG: text, PATH: '/nowhere' }
    return runChecks([{ group: 'g', name: 'n', run: () => checkRegistries({ plan: planOf({ image }), env }) }])
  }

  test('there are some, and they are not printed', async () => {
    const findings = await check('registry.example/a:1', { auths: { 'registry.example': { auth } } })
    expect(JSON.stringify(findings)).not.toContain('hidden')
    expect(findings[0]?.text).toBe('registry.example: this machine has credentials')
    expect(findings).toHaveLength(1)
  })

  test('there are none', async () => {
    expect(await check('redis:7', { auths: { 'registry.example': { auth } } })).toMatchObject([
      {
        status: 'ok',
        text: 'Docker Hub: images are pulled without credentials, since this machine is not logged in there',
      },
    ])
  })

  test('a helper that is missing', async () => {
    expect(await check('registry.example/a:1', { credHelpers: { 'registry.example': 'absent' } })).toMatchObject([
      {
        status: 'warning',
        text: 'registry.example: The credential helper docker-credential-absent (credHelpers in DOCKER_AUTH_CONFIG) is not on the PATH, so its images are pulled without credentials',
        fix: 'Correct the helper, or log in again: docker login registry.example.',
      },
    ])
  })

  test('a broken config, which is not quoted', async () => {
    expect(await check('redis:7', '{"auths": hidden')).toMatchObject([
      {
        status: 'problem',
        text: 'DOCKER_AUTH_CONFIG is not valid JSON',
        fix: 'Set it to the content of a Docker config.json, as in {"auths":{…}}, or unset it.',
      },
    ])
  })
})
